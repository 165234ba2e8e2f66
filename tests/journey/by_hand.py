"""What somebody does past the pages' buttons, with the pages' own session: a request, or a frame on the socket."""

from __future__ import annotations

from playwright.async_api import Page

_LISTEN = """() => {
  window.byHand = { errors: [] };
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      window.byHand.socket = this;
      this.addEventListener("message", ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === "error") window.byHand.errors.push(message.code);
      });
    }
  };
}"""
_POST = """async ([url, body]) => {
  const [{ createApi }, { sessionOf }] = await Promise.all([import("/static/js/api.js"), import("/static/js/view.js")]);
  const api = createApi(window.fetch.bind(window), { session: () => sessionOf(document) });
  return api.post(url, body).then(() => "taken", ({ status, code }) => `${status} ${code}`);
}"""
_SEND = """async (message) => {
  const before = window.byHand.errors.length;
  window.byHand.socket.send(JSON.stringify(message));
  while (window.byHand.errors.length === before) await new Promise((done) => setTimeout(done, 50));
  return window.byHand.errors[before];
}"""


async def open_socket(page: Page) -> None:
    """From the next page on, let `send` use the page's socket."""
    await page.add_init_script(f"({_LISTEN})()")


async def send(page: Page, **message: object) -> str:
    """Send a frame as the page would; the code with which the server refused it."""
    refused: str = await page.evaluate(_SEND, message)
    return refused


async def post(page: Page, url: str, **body: object) -> str:
    """Post as the page would: "taken", or the status and the code of the refusal."""
    answered: str = await page.evaluate(_POST, [url, body])
    return answered
