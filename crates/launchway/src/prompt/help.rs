//! The words that the prompters share.

use crate::terminal::{visible, visible_line};

use super::About;

impl About {
    /// Makes every text harmless for a terminal.
    pub(super) fn harmless(self) -> Self {
        Self {
            progress: visible_line(&self.progress),
            help: visible_line(&self.help),
            more: visible(&self.more),
            problem: visible_line(&self.problem),
            notes: self.notes.iter().map(|note| visible_line(note)).collect(),
            is_menu: self.is_menu,
            ids: self.ids,
            refused: self.refused.iter().map(|reason| reason.as_deref().map(visible_line)).collect(),
        }
    }

    /// Returns what follows from an item.
    pub(super) fn note(&self, item: usize) -> &str {
        self.notes.get(item).map_or("", String::as_str)
    }

    /// Returns why an item cannot be chosen.
    pub(super) fn refusal(&self, item: usize) -> Option<&str> {
        self.refused.get(item)?.as_deref()
    }
}

/// Makes items harmless for a terminal.
pub(super) fn harmless_items(items: &[String]) -> Vec<String> {
    items.iter().map(|item| visible_line(item)).collect()
}
