//! `cargo xtask compare [--check | --additions | HISTORY…]`: copier, cruft and launchway, side by side.

use xtask::Result;
use xtask::compare::additions::{self, Case, Counts};
use xtask::compare::oracle::{self, Verdict};
use xtask::compare::page::{self, Cell, Row};
use xtask::compare::tool::{self, Programs, Tool};
use xtask::compare::{histories, history::History, run};
use xtask::{tools, workspace};

/// How often each update runs, for the median of its time.
const REPEATS: usize = 5;

/// Plays every history and writes the page; or plays those that are named, and shows what the tools said.
pub(crate) fn compare(names: &[&str]) -> Result<()> {
    let programs = tool::programs()?;
    let all = histories::all();
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|history| history.id == **name)) {
        let known: Vec<_> = all.iter().map(|history| history.id).collect();
        return Err(format!("there is no history `{unknown}`\n  hint: choose among {}", known.join(", ")).into());
    }
    let chosen = all.into_iter().filter(|history| names.is_empty() || names.contains(&history.id));
    let mut rows = Vec::new();
    for history in chosen {
        rows.push(row(history, &programs, !names.is_empty())?);
    }
    let table = page::table(&rows)?;
    println!("\n{table}");
    if names.is_empty() { page::write(&table) } else { Ok(()) }
}

pub(crate) fn check() -> Result<()> {
    page::check(&histories::all())
}

/// Plays the cases of `tests/merges` through the peers, and prints the rows of the table; the suite counts Launchway's.
pub(crate) fn additions() -> Result<()> {
    let programs = Programs { peers: Some(tools::install_peers()?), launchway: workspace::built_program() };
    let (to_merge, to_ask) = (Case::all("merged")?.len(), Case::all("asked")?.len());
    for tool in [Tool::Copier, Tool::Cruft] {
        let Counts { merged, asked, wrong } = additions::play(tool, &programs)?;
        let (name, version, count) = (tool.name(), tool.version()?, wrong.len());
        println!("| {name} {version} | {merged} of {to_merge} | {asked} of {to_ask} | {count} |");
        println!("  wrong: {}", wrong.join(", "));
    }
    Ok(())
}

fn row(history: History, programs: &Programs, is_shown: bool) -> Result<Row> {
    let mut cells = Vec::new();
    for tool in tool::ALL {
        let repeats = if is_shown { 1 } else { REPEATS };
        let ran = run::run(tool, programs, &history, repeats)?;
        let verdict = oracle::judge(&history, &ran.observed);
        let time = ran.times[ran.times.len() / 2];
        let alternatives = alternatives(tool, programs, &history)?;
        let cell = Cell { verdict, time, alternatives };
        println!("{:20} {:10} {:6} ms  {}", history.id, tool.name(), time.as_millis(), cell.words());
        if is_shown {
            println!("{}", ran.observed.output);
        }
        cells.push(cell);
    }
    Ok(Row { history, cells })
}

fn alternatives(tool: Tool, programs: &Programs, history: &History) -> Result<Vec<(String, Verdict)>> {
    let mut verdicts = Vec::new();
    for alternative in history.alternatives.iter().filter(|alternative| alternative.tool == tool) {
        let observed = run::alternative(programs, history, alternative)?;
        let commands: Vec<String> = alternative.commands.iter().map(|words| words.join(" ")).collect();
        verdicts.push((commands.join(" && "), oracle::judge(history, &observed)));
    }
    Ok(verdicts)
}
