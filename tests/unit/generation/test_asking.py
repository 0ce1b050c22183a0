"""What engines say they can do is remembered; nobody waits for a server that is away."""

from __future__ import annotations

import threading
import time

import pytest

from generation import asking
from generation.asking import Known
from generation.engines import EngineError
from tests.doubles import ScriptedEngine

pytestmark = pytest.mark.any_database
AWAY = EngineError("The server is away.")


class Server(ScriptedEngine):
    """Counts how often it is asked; asked while `held`, it waits."""

    def __init__(self) -> None:
        super().__init__()
        self.times, self.now, self.free = 0, 0.0, threading.Event()
        self.free.set()
        self.known = Known(self, clock=lambda: self.now)

    def capabilities(self):
        self.times += 1
        self.free.wait(20)
        return super().capabilities()

    def asked(self, *, seconds_later: float = 0.0):
        """What it can do, as a page would hear it; whatever goes on behind it is then over."""
        self.now += seconds_later
        asking.ask([self.known])
        try:
            return self.known.answer()
        finally:
            end = time.monotonic() + 5
            while self.free.is_set() and self.known._asking and time.monotonic() < end:
                time.sleep(0.001)


def test_an_answer_is_good_for_a_minute_and_then_asked_anew_behind_it():
    server = Server()
    for later, times in ((0, 1), (59, 1), (2, 2), (30, 2)):
        server.asked(seconds_later=later)
        assert server.times == times


def test_a_server_that_restarts_stays_on_the_form_for_ten_minutes():
    server = Server()
    server.asked()
    server.trouble = AWAY
    for _ in range(9):
        assert server.asked(seconds_later=61).about
    with pytest.raises(EngineError, match="away"):
        server.asked(seconds_later=61)
        server.asked(seconds_later=61)


def test_a_server_that_is_away_is_asked_every_fifteen_seconds_and_is_back_at_once():
    server = Server()
    server.trouble = AWAY
    for later, times in ((0, 1), (5, 1), (9, 1), (2, 2)):
        with pytest.raises(EngineError, match="away"):
            server.asked(seconds_later=later)
        assert server.times == times
    server.trouble = None
    assert server.asked(seconds_later=16).about


def test_a_wrong_key_does_not_stay_hidden_behind_what_was_known():
    server = Server()
    server.asked()
    server.trouble = EngineError("The key is wrong.", permanent=True)
    with pytest.raises(EngineError, match="key is wrong"):
        server.asked(seconds_later=61)  # asked behind it: heard now, or the next time
        server.asked()


def test_ten_servers_that_say_nothing_cost_one_wait():
    servers = [Server() for _ in range(10)]
    for server in servers:
        server.free.clear()
    began = time.monotonic()
    asking.ask([server.known for server in servers], patience_seconds=0.2)
    assert time.monotonic() - began < 1.5
    with pytest.raises(EngineError, match="has not answered yet"):
        servers[0].known.answer()
    for server in servers:
        server.free.set()


def test_a_server_that_swallows_every_question_is_waited_for_once_in_a_process(monkeypatch):
    monkeypatch.setattr(asking, "MOMENT_SECONDS", 0.05)
    server = Server()
    server.trouble = AWAY
    server.free.clear()
    threading.Timer(0.1, server.free.set).start()
    with pytest.raises(EngineError):
        server.asked()
    server.free.clear()
    server.now, began = server.now + 16, time.monotonic()
    asking.ask([server.known])
    assert server.times == 2 and time.monotonic() - began < 0.05
    server.free.set()


def test_a_question_that_was_waited_for_is_not_waited_for_again():
    server = Server()
    server.free.clear()
    asking.ask([server.known], patience_seconds=0.2)
    began = time.monotonic()
    asking.ask([server.known], patience_seconds=0.2)
    assert server.times == 1 and time.monotonic() - began < 0.1
    server.free.set()
