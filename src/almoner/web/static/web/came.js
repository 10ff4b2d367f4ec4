/**
 * The share code that the reader came by, or "". It is taken off the address bar, so that
 * whoever copies the address from there passes on the story and not somebody's code.
 */

const SHAPE = /^[\w-]{16}$/;

export const came = take();

function take() {
  const address = new URL(location.href);
  const code = address.searchParams.get("s") ?? "";
  if (!SHAPE.test(code)) return "";
  address.searchParams.delete("s");
  history.replaceState(history.state, "", address);
  return code;
}
