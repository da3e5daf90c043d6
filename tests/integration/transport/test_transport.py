"""The MQTT client and a real broker: what is published arrives, and what is not acknowledged is delivered again."""

import pytest
from paho.mqtt.client import Client as Paho
from paho.mqtt.client import MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from smartwork.devstack.stack import Stack
from smartwork.errors import ServiceUnavailable
from smartwork.transport.mqtt import BrokerAddress, Delivery, Message, MqttClient
from tests.support.broker import collect
from tests.support.program import eventually

pytestmark = pytest.mark.services
TOPIC = "sw/test/one"


def publish_all(client: MqttClient, *texts: str) -> None:
    for text in texts:
        client.publish(TOPIC, text.encode()).wait_for_publish(10)


def session(broker_url: str, name: str = "edge-mons", most: int = 1_000) -> MqttClient:
    return MqttClient(broker_url, name, subscriptions=["sw/test/+"], session_s=600, receive_maximum=most)


def test_what_was_not_acknowledged_comes_again_after_a_reconnection_and_the_rest_does_not(broker_url: str) -> None:
    with session(broker_url) as client, MqttClient(broker_url, "publisher") as publisher:
        client.wait_connected(10)
        publisher.wait_connected(10)
        publish_all(publisher, "a", "b", "c")
        found = [client.receive(1, timeout_s=5)[0] for _ in range(3)]
        assert [d.payload for d in found] == [b"a", b"b", b"c"]
        client.acknowledge([found[0], found[2]])
    with session(broker_url) as again:
        again.wait_connected(10)
        assert collect(again, lambda got: len(got) > 1, timeout_s=1) in ([b"b"], [b"b", b"c"])
    with session(broker_url) as at_last:
        at_last.wait_connected(10)
        assert at_last.receive(9, timeout_s=0.5) == []


def test_what_was_published_while_a_session_was_disconnected_waits_for_it(broker_url: str) -> None:
    with session(broker_url) as client:
        client.wait_connected(10)
    with MqttClient(broker_url, "publisher") as publisher:
        publisher.wait_connected(10)
        publish_all(publisher, *(str(i) for i in range(200)))
    with session(broker_url, most=10) as client:
        got = collect(client, lambda got: len(got) >= 200)
    assert got == [str(i).encode() for i in range(200)]


def test_no_more_than_the_maximum_is_delivered_before_it_is_acknowledged(broker_url: str) -> None:
    with session(broker_url, most=3) as client, MqttClient(broker_url, "publisher") as publisher:
        client.wait_connected(10)
        publisher.wait_connected(10)
        publish_all(publisher, *"abcdef")
        eventually(lambda: bool(client.receive(1, timeout_s=0.2)), timeout_s=5)
        first = client.receive(9, timeout_s=0.5)
        assert len(first) == 2
        assert client.receive(9, timeout_s=0.5) == []


def test_a_portion_ends_with_the_message_that_fills_it_and_all_of_it_is_acknowledged_at_once(broker_url: str) -> None:
    with session(broker_url) as client, MqttClient(broker_url, "publisher") as publisher:
        client.wait_connected(10)
        publisher.wait_connected(10)
        publish_all(publisher, *("x" * 100 for _ in range(10)))
        eventually(lambda: client.queued == 10)
        first = client.receive(99, timeout_s=5, max_bytes=250)
        assert len(first) == 3
        client.acknowledge([*first, *client.receive(99, timeout_s=5)[:5]])
    with session(broker_url) as again:
        again.wait_connected(10)
        assert len(collect(again, lambda got: len(got) > 2, timeout_s=1)) == 2


def test_a_client_comes_back_by_itself_after_the_broker_restarts_and_old_acknowledgements_are_void(outage: Stack) -> None:
    url = outage.endpoints.broker_url
    reported: list[str] = []
    with MqttClient(url, "edge-mons", subscriptions=["sw/test/+"], session_s=600, report=reported.append) as client:
        client.wait_connected(10)
        with MqttClient(url, "publisher") as publisher:
            publisher.wait_connected(10)
            publish_all(publisher, "before")
        old = client.receive(1, timeout_s=5)
        outage.mosquitto.restart()
        eventually(lambda: any("was lost" in line for line in reported))
        client.wait_connected(20)
        client.acknowledge(old)
        again = client.receive(1, timeout_s=10)
        assert [d.payload for d in again] == [b"before"]
        client.acknowledge(again)
        client.publish(TOPIC, b"after").wait_for_publish(10)
        assert collect(client, bool) == [b"after"]


def test_the_last_will_of_a_client_that_dies_is_published_and_not_of_one_that_disconnects(broker_url: str) -> None:
    with MqttClient(broker_url, "listener", subscriptions=["sw/test/will"]) as listener:
        listener.wait_connected(10)
        with MqttClient(broker_url, "mortal", will=Message("sw/test/will", b"offline")) as mortal:
            mortal.wait_connected(10)
        assert listener.receive(1, timeout_s=0.5) == []
        mortal = MqttClient(broker_url, "mortal", will=Message("sw/test/will", b"offline"))
        mortal.start()
        mortal.wait_connected(10)
        sock = mortal._paho.socket()
        assert sock
        mortal._paho.loop_stop()
        sock.close()
        assert [d.payload for d in listener.receive(1, timeout_s=10)] == [b"offline"]


def test_new_subscriptions_replace_the_old_ones(broker_url: str) -> None:
    with MqttClient(broker_url, "fickle", subscriptions=["sw/test/a"]) as client:
        client.wait_connected(10)
        client.subscribe(["sw/test/b"])
        client.publish("sw/test/a", b"old").wait_for_publish(10)
        client.publish("sw/test/b", b"new").wait_for_publish(10)
        assert collect(client, lambda got: b"new" in got) == [b"new"]


def test_a_broker_that_does_not_answer_is_reported_once_and_waiting_ends() -> None:
    reported: list[str] = []
    with MqttClient("mqtt://127.0.0.1:1", "lonely", report=reported.append) as client:
        with pytest.raises(ServiceUnavailable, match=r"127\.0\.0\.1:1 does not answer"):
            client.wait_connected(1.5)
        assert not client.connected
    assert reported == ["The broker at 127.0.0.1:1 does not answer. Trying again."]


def test_a_message_arrives_as_it_was_published_whatever_its_size_quality_and_properties(broker_url: str) -> None:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.UserProperty = [("note", "x" * 300)] * 3  # more than a length of one byte can express
    properties.MessageExpiryInterval = 60
    properties.ContentType = "application/json"
    messages = [(0, b""), (1, b"\0\xff"), (1, b"y" * 200), (0, b"z" * 70_000), (2, b"twice" * 9)]
    publisher = Paho(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    address = BrokerAddress.parse(broker_url)
    publisher.connect(address.host, address.port)
    publisher.loop_start()
    publisher.publish(TOPIC, b"kept", qos=1, retain=True).wait_for_publish(10)
    with session(broker_url) as client:
        client.wait_connected(10)
        assert eventually_one(client)[:3] == (TOPIC, b"kept", True)
        for given in (None, properties):
            for qos, payload in messages:
                publisher.publish(TOPIC, payload, qos=qos, properties=given).wait_for_publish(10)
                assert eventually_one(client)[:4] == (TOPIC, payload, False, min(qos, 1))
    publisher.publish(TOPIC, b"", qos=1, retain=True).wait_for_publish(10)
    publisher.disconnect()
    publisher.loop_stop()


def eventually_one(client: MqttClient) -> Delivery:
    (found,) = client.receive(1, timeout_s=5)
    client.acknowledge([found])
    return found
