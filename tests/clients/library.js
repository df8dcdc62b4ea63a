// dockerode's main job: run a container attached, read a log, execute in a container, see its events.
"use strict";
const Docker = require("dockerode");
const { PassThrough } = require("stream");
const docker = new Docker();

const text = (stream) => new Promise((resolve, reject) => {
    let all = "";
    stream.on("data", (piece) => { all += piece; });
    stream.on("end", () => resolve(all));
    stream.on("error", reject);
});

(async () => {
    const output = new PassThrough();
    const printed = text(output);
    const [result, container] = await docker.run("box", ["echo", "inside"], output, { name: "made" });
    output.end();
    if (result.StatusCode !== 0 || !(await printed).includes("inside")) throw new Error("run");
    if (!(await container.logs({ stdout: true })).toString().includes("inside")) throw new Error("logs");
    await container.remove();
    const [web] = await docker.listContainers({ filters: { name: ["web"] } });
    const exec = await docker.getContainer(web.Id).exec({ Cmd: ["echo", "executed"], AttachStdout: true });
    const stream = await exec.start({ hijack: true, stdin: true });
    if (!(await text(stream)).includes("executed")) throw new Error("exec");
    console.log("done");
    process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });
