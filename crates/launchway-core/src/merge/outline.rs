//! The outline of a text: its entries by what identifies them, each a slice of the text. Put together, the slices are the text.

/// An entry, and the entries inside it if there are any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry<'t> {
    /// What identifies it among its neighbours.
    pub(super) key: String,
    /// The comments and blank lines above it.
    pub(super) lead: &'t str,
    /// The entry itself.
    pub(super) body: Body<'t>,
    /// What stands behind its comma on the same line.
    pub(super) after: &'t str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body<'t> {
    /// A text that is one thing.
    Atom(&'t str),
    /// A container.
    Inner(&'t str, Inner<'t>),
}

/// What a container holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inner<'t> {
    pub(super) head: &'t str,
    pub(super) entries: Vec<Entry<'t>>,
    pub(super) tail: &'t str,
    pub(super) joint: Joint,
}

/// What an entry is, seen from inside.
pub(super) enum Inside<'t> {
    /// One thing.
    Atom,
    /// A container.
    Entries(Inner<'t>),
}

/// How the entries of a container stand beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// Each on lines of its own.
    Lines,
    /// With commas between them, and behind the last one, too.
    Commas { trailing: bool },
}

impl<'t> Body<'t> {
    fn new(text: &'t str, inside: Inside<'t>) -> Self {
        match inside {
            Inside::Atom => Self::Atom(text),
            Inside::Entries(inner) => Self::Inner(text, inner),
        }
    }

    pub(super) fn text(&self) -> &'t str {
        match self {
            Self::Atom(text) | Self::Inner(text, _) => text,
        }
    }
}

/// Where an entry of a container in brackets begins and ends.
pub(super) struct Item<'t> {
    pub(super) key: String,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) inside: Inside<'t>,
}

/// An entry that begins on a line of its own: the place of its first character, and what is known of it.
pub(super) struct Start<T> {
    pub(super) at: usize,
    pub(super) key: String,
    pub(super) value: T,
}

/// Divides a part of a text at the starts of its entries. Comments and blank lines belong to the entry below them.
///
/// `inside` looks into an entry, from its value and its place. `None` if an entry shares its line with something
/// else than the dash or the indentation before it.
pub(super) fn lines<'t, T>(
    text: &'t str,
    (from, to): (usize, usize),
    starts: Vec<Start<T>>,
    inside: &dyn Fn(T, (usize, usize)) -> Option<Inside<'t>>,
) -> Option<Inner<'t>> {
    let mut places = Vec::new();
    let mut least = from;
    for start in &starts {
        let place = place(text, least, start.at)?;
        places.push(place);
        least = start.at;
    }
    let ends = places.iter().skip(1).map(|(lead, _)| *lead).chain([to]);
    let mut entries = Vec::new();
    for ((start, (lead, body)), end) in starts.into_iter().zip(&places).zip(ends) {
        let (lead, body, whole) = (text.get(*lead..*body)?, (*body, end), text.get(*body..end)?);
        let body = Body::new(whole, inside(start.value, body)?);
        entries.push(Entry { key: start.key, lead, body, after: "" });
    }
    let first = places.first().map_or(to, |(lead, _)| *lead);
    Some(Inner { head: text.get(from..first)?, entries, tail: "", joint: Joint::Lines })
}

/// Returns where the lines above an entry begin that belong to it, and where it begins itself.
fn place(text: &str, least: usize, at: usize) -> Option<(usize, usize)> {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let before = text.get(line..at)?;
    if line < least || !before.trim_start().is_empty() {
        // The first key of a list's element stands behind its dash.
        let behind_dash = at >= least && before.trim_start().trim_end() == "-";
        return behind_dash.then_some((at, at));
    }
    let column = at - line;
    let mut lead = line;
    while lead > least {
        let above = text[..lead - 1].rfind('\n').map_or(0, |newline| newline + 1);
        let written = text[above..lead].trim_end();
        let is_comment = written.trim_start().starts_with('#') && written.len() - written.trim_start().len() == column;
        if above < least || !(written.is_empty() || is_comment) {
            break;
        }
        lead = above;
    }
    Some((lead, line))
}

/// Divides what stands between two brackets at its commas. `None` if something else stands between an entry and its comma.
pub(super) fn commas<'t>(
    text: &'t str,
    from: usize,
    (open, close): (usize, usize),
    to: usize,
    items: Vec<Item<'t>>,
) -> Option<Inner<'t>> {
    let ends: Vec<usize> = items.iter().skip(1).map(|item| item.start).chain([close]).collect();
    let (mut entries, mut lead, mut trailing) = (Vec::new(), open, false);
    let count = items.len();
    for (position, (item, next)) in items.into_iter().zip(ends).enumerate() {
        let gap = text.get(item.end..next)?;
        let comma = comma(gap);
        trailing = comma.is_some();
        if position + 1 < count && comma.is_none() {
            return None;
        }
        let behind = match comma {
            Some(comma) if gap[..comma].trim().is_empty() => item.end + comma + 1,
            Some(_) => return None,
            None => item.end,
        };
        let after = rest_of_line(text.get(behind..next)?);
        let whole = text.get(item.start..item.end)?;
        let body = Body::new(whole, item.inside);
        entries.push(Entry { key: item.key, lead: text.get(lead..item.start)?, body, after });
        lead = behind + after.len();
    }
    Some(Inner { head: text.get(from..open)?, entries, tail: text.get(lead..to)?, joint: Joint::Commas { trailing } })
}

/// Finds the comma of a gap, outside of its comments.
fn comma(gap: &str) -> Option<usize> {
    let mut is_comment = false;
    for (place, character) in gap.char_indices() {
        match character {
            '\n' => is_comment = false,
            '#' => is_comment = true,
            ',' if !is_comment => return Some(place),
            _ => {}
        }
    }
    None
}

/// Returns a comment that ends the line, with the blanks before it.
fn rest_of_line(text: &str) -> &str {
    match text.split_once('\n') {
        Some((line, _)) if line.trim_start().starts_with('#') => line,
        _ => "",
    }
}
