"""Client ids that other users of a broker cannot guess."""

from hashlib import scrypt

from smartwork.transport.mqtt import BrokerAddress


def private_client_id(name: str, broker_url: str) -> str:
    """`name` with a suffix that follows from the password in `broker_url`, equal at each call; `name` without one.

    Where a broker lets clients choose their ids, whoever knows an id can disconnect its client and take its session.
    """
    password = BrokerAddress.parse(broker_url).password
    if not password:
        return name
    return f"{name}-{scrypt(password.encode(), salt=name.encode(), n=2**14, r=8, p=1, dklen=8).hex()}"
