// Speaks with the fake of a forge as any program does that uses octokit.
//
// usage: node octokit.mjs ADDRESS PUBLISHED OTHER BRANCH, with the token in FORGE_TOKEN

import { Octokit } from "@octokit/core";

const [address, published, other, branch] = process.argv.slice(2);
const octokit = new Octokit({ baseUrl: address, auth: process.env.FORGE_TOKEN });

async function find(repository) {
  const [owner, repo] = repository.split("/");
  const answer = await octokit.request("GET /repos/{owner}/{repo}/pulls", { owner, repo, head: `${owner}:${branch}`, state: "all" });
  console.log(`found ${answer.data.length}`);
  return answer.data;
}

await find(published);
const [owner, repo] = other.split("/");
const wanted = { owner, repo, title: "by octokit", head: branch, base: "main" };
const opened = await octokit.request("POST /repos/{owner}/{repo}/pulls", wanted);
console.log(`opened ${opened.data.number}`);
try {
  await octokit.request("POST /repos/{owner}/{repo}/pulls", wanted);
} catch (error) {
  console.log(`refused ${error.status}`);
}
await find(other);
const labelled = await octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/labels", {
  owner,
  repo,
  issue_number: opened.data.number,
  labels: ["fleet"],
});
console.log(`labelled ${labelled.data.map((label) => label.name)}`);
const listed = await octokit.request("GET /issues", { filter: "created", state: "all", pulls: true });
console.log(`listed ${listed.data.length}`);
