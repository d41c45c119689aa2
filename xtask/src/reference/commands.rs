//! The page of the commands: what `--help` says.

use std::fmt::Write as _;

use crate::{Result, workspace};

/// The width of the help on the page; of 86 columns a window of 1280 pixels shows all.
const COLUMNS: &str = "80";

/// Makes the page.
pub(super) fn page() -> Result<String> {
    let mut text = format!("{}\n\n# Commands and flags\n\n", super::NOTE);
    text.push_str(
        "What `--help` says of each command. The flags of `launchway new` that ask something are on their own page,\n",
    );
    text.push_str("[Questions](questions.md).\n\n");
    let _ = writeln!(text, "## launchway\n\n{}", block(&help(&[])?));
    for name in names(&help(&[])?) {
        let help = help(&[&name])?;
        let shown = if name == "new" { without_questions(&help) } else { help.clone() };
        let _ = writeln!(text, "## launchway {name}\n\n{}", block(&shown));
        for sub in names(&help) {
            let _ = writeln!(text, "### launchway {name} {sub}\n\n{}", block(&self::help(&[&name, &sub])?));
        }
    }
    Ok(text.trim_end().to_owned() + "\n")
}

/// Lists the words of every command; none is the program itself.
///
/// # Errors
/// A help text cannot be had.
pub fn all() -> Result<Vec<Vec<String>>> {
    let mut all = vec![Vec::new()];
    for name in names(&help(&[])?) {
        let subs = names(&help(&[&name])?);
        all.push(vec![name.clone()]);
        all.extend(subs.into_iter().map(|sub| vec![name.clone(), sub]));
    }
    Ok(all)
}

fn help(words: &[&str]) -> Result<String> {
    let mut command = workspace::hermetic(&workspace::program()?)?;
    let output = command.args(words).arg("--help").env("COLUMNS", COLUMNS).output()?;
    if !output.status.success() {
        return Err(format!("`launchway {} --help` failed", words.join(" ")).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Finds the names of the commands in a help text.
fn names(help: &str) -> Vec<String> {
    let below = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let named = below.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Leaves out the flags that are questions of the template.
fn without_questions(help: &str) -> String {
    let is_heading = |line: &&str| !line.is_empty() && !line.starts_with(' ');
    let mut is_left_out = false;
    let mut kept = String::new();
    for line in help.lines() {
        if is_heading(&line) {
            is_left_out = line == "Questions:";
        }
        if !is_left_out {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

fn block(text: &str) -> String {
    let lines = text.trim_end().lines().map(str::trim_end);
    format!("```text\n{}\n```\n", lines.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_commands_are_read_from_the_help() {
        let help = "About\n\nCommands:\n  new     Makes\n          a project\n  help    Prints\n\nOptions:\n  -h\n";
        assert_eq!(names(help), ["new"]);
    }

    #[test]
    fn the_questions_are_left_out_and_nothing_else() {
        assert_eq!(
            without_questions("Options:\n  -h\n\nQuestions:\n  --port\n\nEvery question"),
            "Options:\n  -h\n\nEvery question\n"
        );
    }
}
