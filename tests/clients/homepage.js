// What Homepage asks of the Engine, by the same library: the state of a container, its figures, and the labels that its
// discovery reads.
"use strict";
const Docker = require("dockerode");
const docker = new Docker();

(async () => {
    const containers = await docker.listContainers({ all: true });
    if (!Array.isArray(containers)) throw new Error("list");
    const found = containers.find((container) => container.Labels["homepage.name"] === "Web");
    const container = docker.getContainer(found.Id);
    if ((await container.inspect()).State.Status !== "running") throw new Error("state");
    if (!(await container.stats({ stream: false })).memory_stats) throw new Error("figures");
    console.log("done");
})().catch((error) => { console.error(error); process.exit(1); });
