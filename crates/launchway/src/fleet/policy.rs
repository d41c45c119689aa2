//! How much of a campaign is published at once, and when it ends: `[policy]` and `[pull-request]` of `FLEET.toml`.

use serde::Deserialize;

/// The days of a week, from the one on which 1970 began.
const DAYS: [&str; 7] = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"];

const MINUTES_OF_A_DAY: u64 = 24 * 60;

/// What is published at once.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The most pull requests that are open at the same time.
    pub(super) max_open: Option<usize>,
    /// Each with all that come before it.
    pub(super) waves: Vec<Wave>,
    /// The share of projects that were declined or failed above which no more are published.
    pub(super) halt_above: Option<Share>,
    pub(super) window: Option<Window>,
}

/// What a pull request looks like.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct PullRequestSettings {
    pub(super) title: Option<String>,
    pub(super) labels: Vec<String>,
    pub(super) draft_conflicts: bool,
}

/// So many projects, or a share of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wave {
    /// As it is written, `10 %`.
    pub(super) name: String,
    size: Size,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    Count(usize),
    Share(Share),
}

/// So many of 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share(usize);

/// Some hours of some days, in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    days: Vec<usize>,
    /// Minutes of the day.
    from: u64,
    to: u64,
}

impl Wave {
    /// Reads `10` or `1 %`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let size = match text.trim().parse::<usize>() {
            Ok(0) => return Err(format!("a wave of `{text}` is none")),
            Ok(count) => Size::Count(count),
            Err(_) => Size::Share(Share::parse(text)?),
        };
        Ok(Self { name: text.trim().to_owned(), size })
    }

    /// Tells whether a person means this wave; a space more or less is none.
    pub(super) fn is(&self, name: &str) -> bool {
        let bare = |text: &str| text.replace(' ', "");
        bare(&self.name) == bare(name)
    }

    /// Returns how many of all projects are in it, with those of the waves before.
    pub(super) fn of(&self, all: usize) -> usize {
        match self.size {
            Size::Count(count) => count.min(all),
            Size::Share(Share(share)) => all.saturating_mul(share).div_ceil(10_000).min(all),
        }
    }
}

impl Share {
    /// Reads `5 %` or `0.5 %`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let fault = || format!("`{text}` is no share: write it as `5 %`");
        let number = text.trim().strip_suffix('%').ok_or_else(fault)?.trim();
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let is_digits =
            |text: &str| !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(part) || part.len() > 2 {
            return Err(fault());
        }
        let hundredths = format!("{part}0")[..2].parse::<usize>().map_err(|_| fault())?;
        let share = whole.parse::<usize>().map_err(|_| fault())? * 100 + hundredths;
        if share == 0 || share > 10_000 { Err(fault()) } else { Ok(Self(share)) }
    }

    /// Tells whether so many of all are more than the share.
    pub(super) fn is_exceeded(self, count: usize, all: usize) -> bool {
        count.saturating_mul(10_000) > all.saturating_mul(self.0)
    }
}

impl Window {
    /// Reads `mon-thu` or `mon-thu 09:00-16:00`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let fault = || format!("`{text}` is no window: write it as `mon-thu 09:00-16:00`, in UTC");
        let text = text.trim().to_lowercase();
        let (days, hours) = text.split_once(' ').unwrap_or((&text, "00:00-24:00"));
        let day = |name: &str| DAYS.iter().position(|known| *known == name).ok_or_else(fault);
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (first, last) = (day(first)?, day(last)?);
        let days = (0..DAYS.len()).map(|step| (first + step) % DAYS.len());
        let length = (last + DAYS.len() - first) % DAYS.len() + 1;
        let (from, to) = hours.trim().split_once('-').ok_or_else(fault)?;
        let (from, to) = (minute(from).ok_or_else(fault)?, minute(to).ok_or_else(fault)?);
        if from >= to { Err(fault()) } else { Ok(Self { days: days.take(length).collect(), from, to }) }
    }

    /// Tells whether a second since 1970 is in it.
    pub(super) fn has(&self, second: u64) -> bool {
        let minutes = second / 60;
        let day = usize::try_from(minutes / MINUTES_OF_A_DAY % 7).unwrap_or_default();
        self.days.contains(&day) && (self.from..self.to).contains(&(minutes % MINUTES_OF_A_DAY))
    }
}

fn minute(text: &str) -> Option<u64> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| (text.len() == 2).then(|| text.parse::<u64>().ok()).flatten();
    let minutes = number(hour)? * 60 + number(minute).filter(|minute| *minute < 60)?;
    (minutes <= MINUTES_OF_A_DAY).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_a_number_or_a_share_of_all() {
        for (text, all, size) in
            [("10", 5000, 10), ("10", 3, 3), ("1 %", 5000, 50), ("1%", 5, 1), ("0.5 %", 1000, 5), ("100 %", 7, 7)]
        {
            assert_eq!(Wave::parse(text).unwrap().of(all), size, "{text}");
        }
        for text in ["", "0", "-1", "x", "101 %", "0 %", "1.234 %", "% 5"] {
            Wave::parse(text).unwrap_err();
        }
        assert!(Wave::parse("10 %").unwrap().is("10%") && !Wave::parse("10 %").unwrap().is("10"));
    }

    #[test]
    fn a_share_is_exceeded_by_more_than_it() {
        let share = Share::parse("5 %").unwrap();
        assert!(!share.is_exceeded(5, 100) && share.is_exceeded(6, 100));
        assert!(share.is_exceeded(1, 10) && !share.is_exceeded(0, 10));
    }

    #[test]
    fn a_window_is_of_days_and_hours() {
        // 2026-11-30 is a Monday.
        let monday = 20_787 * 24 * 3600;
        let hour = |day: u64, hour: u64| monday + day * 24 * 3600 + hour * 3600;
        let window = Window::parse("Mon-Thu 09:00-16:00").unwrap();
        for (second, is_in) in [
            (hour(0, 9), true),
            (hour(0, 9) - 1, false),
            (hour(0, 16) - 1, true),
            (hour(0, 16), false),
            (hour(3, 12), true),
            (hour(4, 12), false),
        ] {
            assert_eq!(window.has(second), is_in, "{second}");
        }
        let weekend = Window::parse("sat-mon").unwrap();
        assert!(weekend.has(hour(0, 23)) && weekend.has(hour(6, 0)) && !weekend.has(hour(1, 0)));
        for text in ["", "monday", "mon 9-16", "mon 16:00-09:00", "mon 09:60-10:00", "mon 09:00-25:00"] {
            Window::parse(text).unwrap_err();
        }
    }
}
