//! Lists of a project: what comes, goes or moves in one changes nothing of what stays.

use std::collections::BTreeMap;
use std::fs;

use launchway_core::{Answers, Defaults, Interview, Plan, Provenance, Template, Value};
use xtask::golden;

/// The files of one turn of a list: those that have an element of it in their path.
fn of_element<'f>(plan: &'f Plan, element: &str) -> BTreeMap<&'f str, &'f [u8]> {
    let is_part = |part: &str| {
        let rest = |it: &str| it.is_empty() || it.starts_with(['.', '-']);
        let found = part.match_indices(element);
        found
            .into_iter()
            .any(|(at, _)| (at == 0 || part[..at].ends_with(['.', '-'])) && rest(&part[at + element.len()..]))
    };
    let files = plan.files.iter().filter(|(path, _)| path.as_str().split('/').any(is_part));
    files.map(|(path, file)| (path.as_str(), &*file.bytes)).collect()
}

/// The lists of a project with something added at either end, taken away, and in another order.
fn others(now: &[String]) -> Vec<Vec<String>> {
    let new =
        if now.iter().all(|it| it.contains('-') && it.ends_with(char::is_numeric)) { "sa-east-1" } else { "zone" };
    let reversed: Vec<String> = now.iter().rev().cloned().collect();
    let first: Vec<String> = std::iter::once(new.to_owned()).chain(now.iter().cloned()).collect();
    let last: Vec<String> = now.iter().cloned().chain([new.to_owned()]).collect();
    let without = |gone: &String| now.iter().filter(|it| *it != gone).cloned().collect();
    [reversed, first, last].into_iter().chain(now.iter().map(without)).collect()
}

/// An element of a list as the names of resources spell it.
fn pascal(element: &str) -> String {
    let words = element.split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
    words.collect()
}

/// Whether a line says after what a job runs: that follows the order of the list.
fn is_about_order(line: &str) -> bool {
    let line = line.trim_start();
    ["needs:", "if:", "#"].iter().any(|start| line.starts_with(start))
        || ["needs.", "inputs."].iter().any(|it| line.contains(it))
}

/// The blocks of the other files whose key names an element, by file and key, such as its job in a workflow.
fn blocks_of_element(plan: &Plan, element: &str) -> BTreeMap<String, String> {
    let own = of_element(plan, element);
    let others = plan.files.iter().filter(|(path, _)| !own.contains_key(path.as_str()));
    let mut found = BTreeMap::new();
    for (path, file) in
        others.filter(|(path, _)| path.as_str().rsplit_once('.').is_some_and(|(_, ending)| ending == "yaml"))
    {
        let lines: Vec<&str> = file.text().unwrap_or_default().lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(key) = line.trim_start().strip_suffix(':').filter(|key| !key.contains(' ')) else { continue };
            if key == element || key.ends_with(&format!("-{element}")) || key.ends_with(&pascal(element)) {
                found.insert(format!("{path} {key}"), block(line, &lines[at + 1..]));
            }
        }
    }
    found
}

/// The lines below a key that are further in than it is.
fn block(key: &str, below: &[&str]) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let inside = below.iter().take_while(|line| line.is_empty() || indent(line) > indent(key));
    let kept: Vec<&str> = inside.filter(|line| !line.is_empty() && !is_about_order(line)).copied().collect();
    kept.join("\n")
}

#[test]
fn what_comes_goes_or_moves_in_a_list_changes_nothing_of_what_stays() {
    let template = Template::builtin("service").unwrap();
    let (mut held, mut blocks) = (0, 0);
    let mut lists = BTreeMap::new();
    for case in golden::cases().unwrap() {
        let answers: toml::Table = fs::read_to_string(case.answers()).unwrap().parse().unwrap();
        let given = |changed: &[(&str, Value)]| {
            let mut answers: BTreeMap<String, Value> =
                answers.iter().map(|(id, value)| (id.clone(), value.clone().try_into::<Value>().unwrap())).collect();
            answers.extend(changed.iter().map(|(id, value)| ((*id).to_owned(), value.clone())));
            let mut all = Answers::default();
            for (id, value) in answers {
                all.set(&id, value, Provenance::Flag);
            }
            Interview::new(&template, &all, Defaults::All).unwrap().context().unwrap()
        };
        let before = given(&[]).unwrap();
        let plan = Plan::new(&template, &before).unwrap();
        let answer = |id: &str| before.answers.iter().find(|(asked, _)| asked == id).map(|(_, value)| value.clone());
        for (list, settled) in
            [("environments", Some("production")), ("regions", Some("home_region")), ("clusters", None)]
        {
            let Some(Value::List(now)) = answer(list) else { continue };
            *lists.entry(list).or_insert(0) += 1;
            let settled = settled.and_then(|id| Some((id, answer(id)?)));
            for other in others(&now) {
                let several = |items: &[String]| list != "regions" || items.len() > 1;
                let mut changed = vec![(list, Value::List(other.clone()))];
                changed.extend(settled.clone());
                let Some(after) = given(&changed).filter(|_| several(&now) && several(&other)) else { continue };
                // Three regions cannot fail over to one another: another answer changes with the list, and says so by itself.
                let brings_another = before
                    .answers
                    .iter()
                    .any(|(id, was)| id != list && after.answers.iter().any(|(other, is)| other == id && is != was));
                let after = Plan::new(&template, &after).unwrap();
                for stays in now.iter().filter(|it| other.contains(it)) {
                    let (was, is) = (of_element(&plan, stays), of_element(&after, stays));
                    let of_both = was.iter().filter(|(path, _)| is.contains_key(*path));
                    for (path, bytes) in of_both {
                        assert!(is[path] == *bytes, "{}: {list} {now:?} -> {other:?} changes {path}", case.name);
                        held += 1;
                    }
                    let (was, is) = (blocks_of_element(&plan, stays), blocks_of_element(&after, stays));
                    for (block, text) in was.iter().filter(|(block, _)| !brings_another && is.contains_key(*block)) {
                        let said = format!("{}: {list} {now:?} -> {other:?} changes {block}", case.name);
                        assert_eq!(is[block], *text, "{said}");
                        blocks += 1;
                    }
                }
            }
        }
    }
    assert!(held > 500 && blocks > 100, "only {held} files and {blocks} blocks were compared");
    println!("{held} files, {blocks} blocks; cases by list: {lists:?}");
    assert!(["environments", "regions", "clusters"].iter().all(|list| lists.contains_key(list)), "{lists:?}");
}
