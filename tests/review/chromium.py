"""A Chromium without a window, driven over its debugging pipe: messages are JSON, a zero byte ends each."""

import base64
import json
import os
import select
import subprocess
import time
from pathlib import Path

from proofcheck.review.pdf import arguments, browser

SECONDS = 60


class Chromium:
    """`with Chromium(folder) as page:` opens one page; `log` and `requests` gather what it says and asks for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.number, self.events, self.buffer = folder, 0, [], b""

    def __enter__(self) -> "Chromium":
        down_read, self.down = os.pipe()
        self.up, up_write = os.pipe()
        high = [os.dup(down_read), os.dup(up_write)]  # kept apart from 3 and 4 while these are set

        def place() -> None:
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [*arguments(browser(), str(self.folder / "profile")), "--remote-debugging-pipe"],
            preexec_fn=place,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (down_read, up_write, *high):
            os.close(end)
        target = self("Target.createTarget", session=None, url="about:blank")["targetId"]
        self.session = self("Target.attachToTarget", session=None, targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.down)
        os.close(self.up)

    def __call__(self, method: str, session: str | None = "", **parameters: object) -> dict:
        """The result of one command; events that come meanwhile are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = self.session
        os.write(self.down, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]

    def read(self) -> dict:
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.up], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self.up, 1 << 20) if ready else b""
            assert chunk, "Chromium does not answer"
            self.buffer += chunk
        message, _, self.buffer = self.buffer.partition(b"\0")
        answer = json.loads(message)
        if "method" in answer:
            self.events.append(answer)
        return answer

    def open(self, address: str) -> float:
        """Load a page; seconds until its load event."""
        self.events.clear()
        start = time.monotonic()
        self("Page.navigate", url=address)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.read()
        return time.monotonic() - start

    def run(self, code: str) -> object:
        """The value of an expression of JavaScript in the page, awaited; the page's own policy does not bind it."""
        found = self("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, condition: str) -> bool:
        """Whether `condition` becomes true within five seconds, looked at every 50 ms."""
        code = f"(async () => {{ for (let k = 0; k < 100; k++) {{ if ({condition}) {{ return true; }} "
        return bool(self.run(code + "await new Promise(done => setTimeout(done, 50)); } return false; })()"))

    def press(self, key: str) -> None:
        code = {"Escape": 27}.get(key, ord(key[0].upper()))
        text = {"text": key} if len(key) == 1 else {}
        self("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    @property
    def complaints(self) -> list[str]:
        """Everything on the console, every exception, every entry of the browser's log."""
        kinds = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(event["params"]) for event in self.events if event["method"] in kinds]

    @property
    def requests(self) -> list[str]:
        """Addresses that were asked for."""
        sent = (event for event in self.events if event["method"] == "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in sent]

    def screenshot(self, target: Path, width: int, height: int, *, dark: bool = False, scroll: str = "") -> None:
        """PNG of the window; `scroll` is the id of the element that comes to its top."""
        self(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        if scroll:
            self.run(f"document.getElementById({json.dumps(scroll)}).scrollIntoView({{behavior: 'instant'}})")
        self.run("new Promise(done => setTimeout(done, 150))")
        shot = self("Page.captureScreenshot", format="png")
        target.write_bytes(base64.b64decode(shot["data"]))
