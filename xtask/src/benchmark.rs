//! `cargo xtask bench`: the same work for launchway and its peers, and the instruction counts of the main paths.

use std::fmt::Write as _;
use std::path::Path;

use xtask::bench::fleet::{Bench, table as fleet_tables};
use xtask::bench::service::side_by_side;
use xtask::bench::works::{MANY, Row, Runner, SMALL, Stage, VERY_MANY};
use xtask::bench::{instructions, page, peers, peers::Peer, works};
use xtask::compare::{histories, run, tool};
use xtask::{Result, workspace};

/// Where a system keeps files in memory.
const MEMORY: &str = "/dev/shm";

/// How often each tool updates the project of the first history.
const UPDATE_ROUNDS: usize = 5;

/// Runs every work in memory and on a disk, and writes the page. With `builds` the peers in Rust that are not there are built.
pub(crate) fn bench(builds: bool) -> Result<()> {
    let runners = works::runners(builds)?;
    let launchway = runners.iter().find(|runner| runner.peer == Peer::Launchway).ok_or("launchway is built")?;
    let in_memory = tempfile::tempdir_in(MEMORY)?;
    let memory = all(in_memory.path(), &runners, launchway, true)?;
    drop(in_memory);
    let on_disk = tempfile::tempdir_in(workspace::target())?;
    let disk = all(on_disk.path(), &runners, launchway, false)?;
    let mut text = page::table(&memory, &disk);
    let _ = write!(text, "\n{}\n{}", updates()?, versions(&runners, launchway)?);
    println!("{text}");
    page::write(&text)
}

fn all(folder: &Path, runners: &[Runner], launchway: &Runner, is_in_memory: bool) -> Result<Vec<Row>> {
    let stage = |name: &str, rounds| -> Result<(std::path::PathBuf, usize)> {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder)?;
        Ok((folder, rounds))
    };
    let mut rows = Vec::new();
    let (small, rounds) = stage("small", 15)?;
    rows.extend(Stage { folder: &small, rounds }.render("25 files, 60 values", SMALL, runners)?);
    let (built_in, rounds) = stage("builtin", 15)?;
    let built_in = Stage { folder: &built_in, rounds };
    rows.extend(built_in.builtin("the built-in template", &launchway.program)?);
    rows.extend(built_in.questions(&launchway.program)?);
    let (many, rounds) = stage("many", 3)?;
    rows.extend(Stage { folder: &many, rounds }.render("5,000 files of 2 KB", MANY, runners)?);
    std::fs::remove_dir_all(&many)?;
    if is_in_memory {
        let (very_many, rounds) = stage("very-many", 1)?;
        let own = std::slice::from_ref(launchway);
        rows.extend(Stage { folder: &very_many, rounds }.render("50,000 files of 2 KB", VERY_MANY, own)?);
    }
    Ok(rows)
}

/// Times the update of the first history with every tool that updates.
fn updates() -> Result<String> {
    let programs = tool::programs()?;
    let history = histories::all().into_iter().next().ok_or("there is a history")?;
    let mut text = format!("| update: {} | median, ms |\n|---|---:|\n", history.title);
    for tool in tool::ALL {
        let ran = run::run(tool, &programs, &history, UPDATE_ROUNDS)?;
        let median = ran.times[ran.times.len() / 2];
        let _ = writeln!(text, "| {} | {:.1} |", tool.name(), median.as_secs_f64() * 1e3);
    }
    Ok(text)
}

fn versions(runners: &[Runner], launchway: &Runner) -> Result<String> {
    let mut versions = Vec::new();
    for runner in runners {
        versions.push(format!("{} {}", runner.peer.name(), runner.peer.version()?));
    }
    let size = std::fs::metadata(&launchway.program)?.len();
    let kib = size >> 10;
    Ok(format!("Programs: {}. The launchway program has {kib} KiB.\n", versions.join(", ")))
}

/// Measures the generated service side by side with plain axum, and writes the page.
pub(crate) fn service() -> Result<()> {
    let table = side_by_side()?;
    println!("{table}");
    page::write_service(&table)
}

/// How many repositories the campaigns of the benchmark have; the last number is that of the goal, and takes long.
const CAMPAIGNS: [u32; 3] = [100, 1_000, 10_000];

/// Measures the fleet beside a shell loop, and campaigns; writes the page.
pub(crate) fn fleet(has_large: bool) -> Result<()> {
    let launchway = peers::launchway()?;
    let folder = tempfile::tempdir_in(MEMORY)?;
    let bench = Bench::new(folder.path(), &launchway)?;
    let one = bench.one_repository()?;
    let mut campaigns = Vec::new();
    for count in CAMPAIGNS.into_iter().take(if has_large { CAMPAIGNS.len() } else { CAMPAIGNS.len() - 1 }) {
        let campaign = bench.campaign(count)?;
        campaigns.push((campaign, bench.reports(count)?));
    }
    let tables = fleet_tables(&one, &campaigns);
    println!("{tables}");
    page::write_fleet(&tables)
}

/// Counts the instructions of the main paths, and keeps the counts or compares them with those that are kept.
pub(crate) fn instructions(is_check: bool) -> Result<()> {
    let Some(counted) = instructions::count()? else {
        eprintln!(
            "warning: NOTHING WAS COUNTED, there is no valgrind on this machine\n  hint: `apt-get install valgrind`"
        );
        return Ok(());
    };
    for it in &counted {
        println!("{} {}", it.name, it.count);
    }
    if is_check { instructions::check(&counted) } else { instructions::keep(&counted) }
}
