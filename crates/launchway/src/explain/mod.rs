//! The pages of `launchway explain`: the same files are pages of the documentation.

pub(crate) mod render;

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its name, and that of its file.
    pub(crate) topic: &'static str,
    /// Its Markdown.
    pub(crate) text: &'static str,
}

macro_rules! page {
    ($topic:literal) => {
        Page { topic: $topic, text: include_str!(concat!("../../explain/", $topic, ".md")) }
    };
}

/// The pages, in the order in which one might read them.
pub(crate) const PAGES: [Page; 8] = [
    page!("ecs-or-kubernetes"),
    page!("several"),
    page!("strategies"),
    page!("format"),
    page!("platform-contract"),
    page!("check"),
    page!("update"),
    page!("ownership"),
];

impl Page {
    /// Returns the title: the first line is `# ` and it.
    pub(crate) fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }
}

/// Finds a page by its topic.
pub(crate) fn page(topic: &str) -> Option<&'static Page> {
    static ALL: [Page; 8] = PAGES;
    ALL.iter().find(|page| page.topic == topic)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_page() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("explain");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        let mut pages = PAGES.map(|page| format!("{}.md", page.topic));
        pages.sort();
        assert_eq!(names, pages);
    }

    #[test]
    fn every_page_has_a_title_and_holds_what_a_terminal_can_show() {
        for page in PAGES {
            assert!(page.text.starts_with("# ") && !page.title().is_empty(), "{}", page.topic);
            let is_plain =
                |line: &&str| !["|", "```", "<", "![", "    ", "1."].iter().any(|start| line.starts_with(start));
            assert!(
                page.text.lines().all(|line| is_plain(&line)),
                "{}: only headings, paragraphs and lists",
                page.topic
            );
        }
    }

    #[test]
    fn the_advice_is_about_pages_and_headings_that_there_are() {
        let abouts = launchway_core::advice::topics()
            .flat_map(|topic| topic.rules.iter().map(|rule| &rule.about).chain([&topic.page]));
        for about in abouts {
            let (file, anchor) = about.split_once('#').unwrap_or((about, ""));
            let topic = file.trim_start_matches("explain/").trim_end_matches(".md");
            let page = page(topic).unwrap_or_else(|| panic!("there is no page for {about}"));
            let headings = page.text.lines().filter_map(|line| line.strip_prefix("## "));
            let mut anchors = headings.map(render::anchor);
            assert!(anchor.is_empty() || anchors.any(|it| it == anchor), "there is no heading for {about}");
        }
    }
}
