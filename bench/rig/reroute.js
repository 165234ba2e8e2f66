// Init script of the fallback rig (see udp_proxy.py): sends the page's media through the proxy.
// `window.verifierRigForward(host, port)` is bound by the test and resolves to the proxy's port.
(() => {
  const UDP_CANDIDATE = /(candidate:\S+ \d+ udp \d+ )(\S+) (\d+)( typ host)/i;
  const DISCARD_PORT = 9;

  async function throughProxy(text) {
    const lines = [];
    for (const line of text.split('\r\n')) {
      const found = UDP_CANDIDATE.exec(line);
      if (!found) { lines.push(line); continue; }
      const port = await window.verifierRigForward(found[2], Number(found[3]));
      // IPv6 addresses have no proxy: null leaves the candidate out, so nothing goes round the impairment.
      if (port !== null) lines.push(line.replace(UDP_CANDIDATE, `$1$2 ${port}$4`));
    }
    return lines.join('\r\n');
  }

  const hidden = (text) => text.split('\r\n').map((line) =>
    line.replace(UDP_CANDIDATE, `$1$2 ${DISCARD_PORT}$4`)).join('\r\n');

  const connection = RTCPeerConnection.prototype;
  const { setRemoteDescription, addIceCandidate } = connection;
  connection.setRemoteDescription = async function (description) {
    return setRemoteDescription.call(this, { type: description.type, sdp: await throughProxy(description.sdp) });
  };
  connection.addIceCandidate = async function (candidate) {
    if (!candidate || !candidate.candidate) return addIceCandidate.call(this, candidate);
    const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
    const rerouted = await throughProxy(candidate.candidate);
    if (!rerouted) return undefined;
    return addIceCandidate.call(this, { candidate: rerouted, sdpMid, sdpMLineIndex, usernameFragment });
  };

  for (const name of ['localDescription', 'currentLocalDescription', 'pendingLocalDescription']) {
    const { get } = Object.getOwnPropertyDescriptor(connection, name);
    Object.defineProperty(connection, name, {
      configurable: true,
      get() {
        const description = get.call(this);
        return description && new RTCSessionDescription({ type: description.type, sdp: hidden(description.sdp) });
      },
    });
  }

  const candidate = RTCIceCandidate.prototype;
  const readCandidate = Object.getOwnPropertyDescriptor(candidate, 'candidate').get;
  const { toJSON } = candidate;
  Object.defineProperty(candidate, 'candidate', {
    configurable: true, get() { return hidden(readCandidate.call(this)); },
  });
  Object.defineProperty(candidate, 'port', { configurable: true, get() { return DISCARD_PORT; } });
  candidate.toJSON = function () {
    const plain = toJSON.call(this);
    return { ...plain, candidate: hidden(plain.candidate) };
  };
})();
