"""Pauses between attempts grow to a limit, differ between programs, and start again after a success."""

from statistics import mean

from smartwork.backoff import Backoff


def test_pauses_double_up_to_the_longest_one_and_start_again_after_a_success() -> None:
    backoff = Backoff(1, 30, random=lambda: 1.0)
    assert [backoff.next_pause() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    backoff.reset()
    assert backoff.next_pause() == 1


def test_programs_that_lose_a_server_at_once_do_not_return_at_once() -> None:
    """Of 1,000 programs, at most 30 attempt in the same hundredth of the pause; without a random share all 1,000 would."""
    pauses = [Backoff(2, 30).next_pause() for _ in range(1_000)]
    assert min(pauses) >= 0.2
    assert max(pauses) <= 2
    assert 1 < mean(pauses) < 1.2
    busiest = max(sum(i <= pause * 50 < i + 1 for pause in pauses) for i in range(100))
    assert busiest <= 30
