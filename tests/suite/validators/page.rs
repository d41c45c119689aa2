//! The page of a fleet's report in a real browser: in a wide and a narrow window, light and dark, by keyboard, and as axe sees it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use super::{ours, tools};
use crate::fleet::three;
use crate::program::run;

/// What Chromium has found on a page, with pictures in a folder beside it.
fn seen(page: &std::path::Path) -> Value {
    let pictures = page.with_extension("pictures");
    fs::create_dir(&pictures).unwrap();
    let chromium = xtask::tools::install_chromium().unwrap();
    let words = [chromium, tools().axe(), page.to_owned(), pictures];
    serde_json::from_str(&run(Command::new("node").arg(ours("page.mjs")).args(words)).success()).unwrap()
}

#[test]
fn a_browser_shows_the_report_wide_and_narrow_in_both_themes_and_the_keyboard_reaches_all_of_it() {
    let fleet = three();
    fleet.plan();
    fleet.work("results", &[]);
    let text = fleet.run(&["report", "--results", "results", "--format", "html"]).success();
    let page = fleet.world.path("fleet.html");
    fs::write(&page, &text).unwrap();
    let seen = seen(&page);
    assert_eq!(
        seen["asked"],
        serde_json::json!([format!("file://{}", page.display())]),
        "nothing comes from elsewhere"
    );
    let views = seen["views"].as_array().unwrap();
    assert_eq!(views.len(), 4);
    for view in views {
        let of = format!("{} {}", view["width"], view["theme"]);
        assert_eq!(view["violations"], serde_json::json!([]), "{of}");
        assert_eq!(
            (&view["scripts"], &view["wide"]),
            (&Value::from(0), &view["width"]),
            "{of}: no script, none to the side"
        );
        let focused = view["focused"].as_array().unwrap();
        assert!(focused.iter().all(|it| it["shown"] == true), "{of}: {focused:?}");
        let names: BTreeSet<&str> = focused.iter().map(|it| it["name"].as_str().unwrap()).collect();
        for part in ["href=\"", "name=\"", "role=\"region\" aria-labelledby=\""] {
            for name in
                text.split(part).skip(1).map(|rest| rest.split('"').next().unwrap()).filter(|name| *name != "viewport")
            {
                assert!(names.contains(name), "{of}: Tab never comes to {part}{name}\"");
            }
        }
        let orders = view["sorted"].as_array().unwrap();
        let all = |order: &Value| order.as_array().unwrap().iter().map(Value::to_string).collect::<BTreeSet<_>>();
        assert!(orders.iter().any(|order| *order != orders[0]), "{of}: {orders:?}");
        assert!(orders.iter().all(|order| all(order) == all(&orders[0])), "{of}: the same projects in each order");
    }
    let backs: BTreeSet<&str> = views.iter().map(|view| view["back"].as_str().unwrap()).collect();
    assert_eq!(backs.len(), 2, "a light one and a dark one");
}
