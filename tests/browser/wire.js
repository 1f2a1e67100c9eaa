// What the page has asked of its server and heard of it, read off the wire as protobuf: nothing on the page tells a run
// that is about to begin from one that has ended. The numbers are those of Streamlit's BackMsg and ForwardMsg.
(() => {
  const RERUN = 11, AUTO = 6; // BackMsg.rerun_script, and its ClientState.is_auto_rerun
  const BEGUN = 4, ENDED = 6, ENDED_FOR_ANOTHER = 2; // ForwardMsg.new_session, .script_finished and one of its states
  const wire = (window.__wire = { asked: 0, waits: true, runs: false, heard: 0 });

  // the fields of a message by their numbers
  const read = (bytes) => {
    const fields = new Map();
    let place = 0;
    const number = () => {
      let value = 0, unit = 1, byte;
      do {
        byte = bytes[place++];
        value += (byte & 127) * unit;
        unit *= 128;
      } while (byte & 128);
      return value;
    };
    while (place < bytes.length) {
      const tag = number(), kind = tag % 8;
      const size = { 1: 8, 2: kind === 2 && number(), 5: 4 }[kind];
      fields.set((tag - kind) / 8, kind ? bytes.subarray(place, place + size) : number());
      place += kind ? size : 0;
    }
    return fields;
  };
  const heard = ({ data }) => {
    const message = read(new Uint8Array(data));
    wire.heard += 1;
    if (message.has(BEGUN)) Object.assign(wire, { waits: false, runs: true });
    if (message.has(ENDED)) wire.runs = message.get(ENDED) === ENDED_FOR_ANOTHER;
  };

  window.WebSocket = class extends window.WebSocket {
    constructor(...place) {
      super(...place);
      this.addEventListener("message", heard);
    }
    send(what) {
      const rerun = read(what).get(RERUN);
      if (rerun && !read(rerun).get(AUTO)) Object.assign(wire, { asked: wire.asked + 1, waits: true });
      super.send(what);
    }
  };
})();
