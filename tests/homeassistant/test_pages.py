"""What a facility manager sees in Home Assistant's own pages, without having configured anything there."""

import json

import pytest
from playwright.sync_api import expect, sync_playwright

from smartwork.contracts.policy import Profile
from tests.support.chromium import HEADLESS_FLAGS, chromium_path
from tests.support.homeassistant_centre import HomeAssistantCentre, entry
from tests.support.project import ROOT

pytestmark = [pytest.mark.services, pytest.mark.homeassistant, pytest.mark.browser]
SHOTS = ROOT / "out" / "screenshots"
Z2M = "zigbee2mqtt/mons"
DEVICES = (
    *(entry(f"s-{i}", f"{Z2M}/desk {i}", resource=f"desk-{i}", zone="open-space") for i in range(1, 7)),
    entry("s-7", "binary_sensor/meeting_room_presence", Profile.HOMEASSISTANT, resource="meeting-room", zone="meeting-room"),
    entry("ceiling-window", f"{Z2M}/ceiling window", role="light", zone="open-space"),
    entry("ceiling-wall", f"{Z2M}/ceiling wall", role="light", zone="open-space"),
    entry("ceiling-meeting", "light/knx_ceiling", Profile.HOMEASSISTANT, role="light", zone="meeting-room"),
)


def test_a_zone_shows_its_lights_and_desks_and_unknown_is_not_shown_as_clear(centre: HomeAssistantCentre) -> None:
    centre.home_assistant.open_pages()
    for i in range(1, 6):
        centre.publish(f"{Z2M}/desk {i}", occupancy=i % 3 != 0)
    centre.publish(f"{Z2M}/ceiling window", state="ON", brightness=102)
    centre.publish(f"{Z2M}/ceiling wall", state="ON", brightness=254)
    centre.home_assistant.call("input_boolean/turn_on", entity_id="input_boolean.somebody")
    centre.wait_for_state("light.smartwork_mons_light_ceiling_meeting", "off")
    centre.home_assistant.call("light/turn_on", entity_id="light.smartwork_mons_light_ceiling_meeting", brightness_pct=70)
    for name, state in (("resource_desk_1", "on"), ("resource_desk_3", "off"), ("resource_meeting_room", "on")):
        centre.wait_for_state(f"binary_sensor.smartwork_mons_{name}_occupancy", state)
    centre.wait_for_state("binary_sensor.smartwork_mons_resource_desk_6_occupancy", "unknown")
    centre.wait_for_state("light.smartwork_mons_light_ceiling_meeting", "on")
    signed_in = json.dumps(
        {
            **centre.home_assistant.tokens,
            "hassUrl": centre.home_assistant.url,
            "clientId": f"{centre.home_assistant.url}/",
            "expires": 2**50,
        }
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(HEADLESS_FLAGS))
        page = browser.new_page(viewport={"width": 1440, "height": 640}, locale="en-GB")
        page.add_init_script(f"localStorage.setItem('hassTokens', JSON.stringify({signed_in}))")
        page.goto(f"{centre.home_assistant.url}/home/overview")
        page.get_by_text("Open space", exact=True).click(force=True)
        for shown, times in (("Ceiling window", 1), ("Detected", 4), ("Clear", 1), ("Unknown", 1)):
            expect(page.get_by_text(shown, exact=True)).to_have_count(times, timeout=20_000)
        page.wait_for_timeout(2_000)
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / "homeassistant.png")
        browser.close()
