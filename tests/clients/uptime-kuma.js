// What Uptime Kuma asks of the Engine, by the same library: the test of a Docker host, and a container's state.
"use strict";
const axios = require("axios");
const baseURL = process.env.DOCKER_HOST.replace("tcp:", "http:");

(async () => {
    const all = await axios.request({ baseURL, url: "/containers/json?all=true", timeout: 5000 });
    if (all.data.length < 1) throw new Error("list");
    const one = await axios.request({ baseURL, url: "/containers/web/json", timeout: 24000 });
    if (!one.data.State.Running) throw new Error("state");
    console.log("done");
})().catch((error) => { console.error(error.message); process.exit(1); });
