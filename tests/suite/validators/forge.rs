//! The fake of a forge, held by what is not ours: GitHub's own description of its API, and octokit, a client of GitHub's.

use std::fs;
use std::path::Path;
use std::process::Command;

use xtask::{tree, workspace};

use super::{check, ours, tools};
use crate::forge::TOKEN;
use crate::program::run;
use crate::publish::{BRANCH, Campaign};

#[test]
fn the_requests_that_are_allowed_are_those_of_githubs_own_description() {
    let taken = run(check("openapi.py").arg(tools().openapi())).success();
    let kept = fs::read_to_string(workspace::root().join("tests/servers/github.json")).unwrap();
    assert!(taken == kept, "`tests/validators/openapi.py` takes something else from the description");
}

#[test]
fn octokit_opens_and_finds_a_pull_request_at_the_fake_and_finds_those_of_a_fleet() {
    let campaign = Campaign::ready(2);
    campaign.publish(&["--limit", "1"]).success();
    let folder = tempfile::tempdir().unwrap();
    for (name, package) in tools().octokit() {
        copy(&package, &folder.path().join("node_modules").join(name));
    }
    fs::copy(ours("octokit.mjs"), folder.path().join("octokit.mjs")).unwrap();
    let found = campaign.names.iter().position(|name| !campaign.pulls(name).is_empty()).unwrap();
    let (published, other) = (&campaign.names[found], &campaign.names[1 - found]);
    crate::publish::git(&campaign.bare(other), &["branch", BRANCH, "main"]);
    campaign.commit_to(other, BRANCH);
    let mut node = Command::new("node");
    node.arg("octokit.mjs").args([&campaign.forge.api(), published, other, BRANCH]).env("FORGE_TOKEN", TOKEN);
    let said = run(node.current_dir(folder.path())).success();
    assert_eq!(said, "found 1\nopened 2\nrefused 422\nfound 1\nlabelled fleet\nlisted 2\n");
    campaign.forge.assert_described();
}

fn copy(from: &Path, to: &Path) {
    for (path, file) in tree::read(from).unwrap() {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file.bytes).unwrap();
    }
}
