async (state) => {
  const LENGTH = 360;
  const bad = (second) => second > 95 && second < 150;
  const place = (track, key, entries) => {
    const plot = document.querySelector(`[data-track="${track}"] [data-role="plot"]`);
    const template = plot.querySelector("template");
    for (const { from, to, ...entry } of entries) {
      const copy = template.content.cloneNode(true);
      key(copy, entry);
      const node = copy.firstElementChild;
      node.style.left = `${(100 * from) / LENGTH}%`;
      if (to !== undefined) node.style.width = `${(100 * (to - from)) / LENGTH}%`;
      plot.append(copy);
    }
  };
  const drawSampleReplay = async (fill) => {
    const { default: UPlot } = await import("/static/vendor/uplot/uPlot.esm.js");
    place("items", fill, [
      { from: 12, to: 31, item: "Code: they hear you", admissible: "yes", reason: "", href: "#run-r1" },
      { from: 48, to: 64, item: "Legal name", admissible: "yes", reason: "", href: "#run-r2" },
      { from: 110, to: 134, item: "City", admissible: "no", reason: "Words were lost: the sound broke up.", href: "#run-r3" },
      { from: 200, to: 221, item: "City", admissible: "yes", reason: "", href: "#run-r4" },
      { from: 270, to: 302, item: "Skill: Go", admissible: "no", reason: "Part of this asking was not measured.", href: "#run-r5" },
    ]);
    place("axis", fill, [0, 60, 120, 180, 240, 300].map((from) => ({ from, at: `${from / 60}:00` })));
    place("events", fill, [
      { from: 125, kind: "cant_hear", text: "“I can't hear / understand”" },
      { from: 236, kind: "reconnecting", text: "Connection lost" },
      { from: 254, kind: "reconnected", text: "Connection back" },
      { from: 303, kind: "still", text: "Picture: document, front" },
      { from: 330, kind: "fraud", text: "Fraud flag" },
    ]);
    for (const stream of ["audio_from_interviewer", "audio_from_freelancer", "video_from_interviewer", "video_from_freelancer"]) {
      const weak = stream.endsWith("interviewer");
      place(stream, fill, [
        { from: 0, to: 3, band: "settling" }, { from: 3, to: 95, band: "good" },
        { from: 95, to: 108, band: weak ? "fair" : "good" }, { from: 108, to: 140, band: weak ? "poor" : "good" },
        { from: 140, to: 150, band: weak ? "bad" : "quiet" }, { from: 150, to: 236, band: "good" },
        { from: 236, to: 254, band: "unknown" }, { from: 254, to: 257, band: "settling" }, { from: 257, to: 360, band: "good" },
      ]);
    }
    const css = getComputedStyle(document.documentElement);
    const colour = (name) => css.getPropertyValue(name).trim();
    const seconds = Array.from({ length: LENGTH }, (_, second) => second);
    const wave = (low, high, shift) => seconds.map((second) => (second > 236 && second < 254 ? null
      : (bad(second) && shift > 1 ? high : low) * (1 + 0.2 * Math.sin(second / 3 + shift) * Math.cos(second / 7))));
    const shapes = { rtt: [48, 320], loss: [0.4, 14], jitter: [6, 55], bitrate: [1250, 180], fps: [15, 4], concealment: [0.2, 31], freezes: [0, 0.8] };
    for (const [name, [low, high]] of Object.entries(shapes)) {
      const plot = document.querySelector(`[data-track="${name}"] [data-role="plot"]`);
      const line = (tone, dash) => ({ stroke: colour(tone), width: 1.5, dash, points: { show: false } });
      const axis = { stroke: colour("--ink-3"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { show: false }, font: "12px Inter Variable" };
      new UPlot({
        width: plot.clientWidth, height: 88, legend: { show: false }, padding: [8, 0, 6, 0],
        scales: { x: { time: false } },
        axes: [{ ...axis, show: false }, { ...axis, size: 48, space: 28 }],
        series: [{}, line("--leg-freelancer"), line("--leg-freelancer", [5, 4]), line("--leg-interviewer"), line("--leg-interviewer", [5, 4])],
      }, [seconds, ...[0, 1, 2, 3].map((shift) => wave(low, high, shift))], plot);
    }
    fill(document.querySelector("[data-role=figures]"), {
      at: "2:05", clock_time: "23 November 2026, 15:07:07",
      "freelancer_uplink.rtt": "48", "freelancer_uplink.loss": "0.4", "freelancer_uplink.bitrate": "1 240",
      "interviewer_uplink.rtt": "318", "interviewer_uplink.loss": "13.8", "interviewer_uplink.bitrate": "176",
      "freelancer_downlink.concealment": "31.0", "freelancer_downlink.fps": "4.1",
    });
    for (const [index, box] of document.querySelectorAll("[data-perception]").entries()) box.dataset.band = ["poor", "good", "fair", "good"][index];
  };
  const OWN = new Set(["href", "value", "id", "title", "label"]);
  const fill = (root, data) => {
    for (const [key, value] of Object.entries(data)) {
      if (Array.isArray(value)) {
        for (const list of root.querySelectorAll(`[data-list="${key}"]`)) {
          const template = list.querySelector(":scope > template");
          list.querySelectorAll(":scope > :not(template)").forEach((old) => old.remove());
          for (const entry of value) {
            const copy = template.content.cloneNode(true);
            fill(copy, entry);
            list.append(copy);
          }
        }
        continue;
      }
      root.querySelectorAll(`[data-bind="${key}"]`).forEach((node) => { node.textContent = value; });
      for (const node of root.querySelectorAll("*")) {
        for (const attribute of [...node.attributes]) {
          if (!attribute.name.startsWith("data-bind-") || attribute.value !== key) continue;
          const name = attribute.name.slice("data-bind-".length);
          node.setAttribute(OWN.has(name) ? name : `data-${name}`, value);
        }
      }
    }
  };
  if (state.step) for (const step of document.querySelectorAll("[data-step]")) step.hidden = step.dataset.step !== state.step;
  for (const [scope, data] of Object.entries(state.fill ?? {})) {
    for (const root of scope === "*" ? [document] : document.querySelectorAll(scope)) fill(root, data);
  }
  for (const [name, chosen] of Object.entries(state.choose ?? {})) {
    for (const box of document.querySelectorAll(`[data-choose="${name}"]`)) {
      box.hidden = false;
      for (const one of box.querySelectorAll("[data-case]")) one.hidden = one.dataset.case !== chosen;
    }
  }
  for (const selector of state.show ?? []) document.querySelectorAll(selector).forEach((node) => { node.hidden = false; });
  for (const selector of state.hide ?? []) document.querySelectorAll(selector).forEach((node) => { node.hidden = true; });
  for (const [selector, attributes] of Object.entries(state.attributes ?? {})) {
    for (const node of document.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(attributes)) {
        if (name in { checked: 1, disabled: 1, open: 1 }) node[name] = value; else node.setAttribute(name, value);
      }
    }
  }
  for (const name of state.dialog ? [state.dialog] : []) document.querySelector(`[data-dialog="${name}"]`).showModal();
  if (state.replay) await drawSampleReplay(fill);
  if (state.step === "call") document.body.dataset.view = "call";
}
