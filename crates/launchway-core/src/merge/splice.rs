//! Three outlines become one text: of every entry the side is taken that has changed it.

use std::collections::{BTreeMap, BTreeSet};

use super::outline::{Body, Entry, Inner, Joint};

/// Both sides have changed the same thing: a person must decide.
pub(super) struct Ask;

/// An entry of the result.
struct Piece {
    lead: String,
    body: String,
    after: String,
}

/// The three sides of something.
#[derive(Clone, Copy)]
struct Sides<T> {
    base: T,
    yours: T,
    theirs: T,
}

impl Sides<&str> {
    /// Returns the side that has changed, if one has not.
    fn changed(self) -> Option<String> {
        let Self { base, yours, theirs } = self;
        let changed = if yours == theirs || theirs == base { Some(yours) } else { (yours == base).then_some(theirs) };
        changed.map(str::to_owned)
    }
}

/// Splices texts together, and remembers which entries are the template's.
#[derive(Default)]
pub(super) struct Splicer {
    path: Vec<String>,
    /// The keys that lead to the entries of the template's.
    pub(super) taken: Vec<Vec<String>>,
    /// The keys of the entries that one side alone has brought or taken away.
    pub(super) touched: BTreeSet<String>,
}

impl Splicer {
    pub(super) fn merge(&mut self, base: &Inner<'_>, yours: &Inner<'_>, theirs: &Inner<'_>) -> Result<String, Ask> {
        self.inner(Sides { base, yours, theirs })
    }

    fn inner(&mut self, sides: Sides<&Inner<'_>>) -> Result<String, Ask> {
        let Sides { base, yours, theirs } = sides;
        let text = |part: fn(&Inner<'_>) -> String| {
            let (base, yours, theirs) = (part(base), part(yours), part(theirs));
            Sides { base: base.as_str(), yours: &yours, theirs: &theirs }.changed().ok_or(Ask)
        };
        let head = text(|inner| inner.head.to_owned())?;
        let tail = text(|inner| inner.tail.to_owned())?;
        let joint = joint(sides)?;
        let keys = order(sides)?;
        let by_key = |inner: &Inner<'_>| -> BTreeMap<String, usize> {
            inner.entries.iter().enumerate().map(|(place, entry)| (entry.key.clone(), place)).collect()
        };
        let (in_base, in_yours, in_theirs) = (by_key(base), by_key(yours), by_key(theirs));
        let mut pieces = Vec::new();
        for key in keys {
            let [base, yours, theirs] = [(base, &in_base), (yours, &in_yours), (theirs, &in_theirs)]
                .map(|(inner, places)| places.get(&key).map(|place| &inner.entries[*place]));
            self.path.push(key);
            let piece = self.entry(base, yours, theirs, joint)?;
            self.path.pop();
            pieces.extend(piece);
        }
        Ok(head + &joined(&pieces, joint) + &tail)
    }

    fn entry(
        &mut self,
        base: Option<&Entry<'_>>,
        yours: Option<&Entry<'_>>,
        theirs: Option<&Entry<'_>>,
        joint: Joint,
    ) -> Result<Option<Piece>, Ask> {
        match (base, yours, theirs) {
            (Some(base), Some(yours), Some(theirs)) => self.changed(Sides { base, yours, theirs }, joint).map(Some),
            (None, Some(yours), Some(theirs)) if yours.body.text() == theirs.body.text() => Ok(Some(Piece::of(yours))),
            (None, Some(_), Some(_)) => Err(Ask),
            (None, Some(yours), None) => {
                self.touch();
                Ok(Some(Piece::of(yours)))
            }
            (None, None, Some(theirs)) => {
                self.touch();
                self.take();
                Ok(Some(Piece::of(theirs)))
            }
            // What one side took away, the other has left as it was.
            (Some(base), Some(kept), None) | (Some(base), None, Some(kept)) => {
                if !is_same(base, kept) {
                    return Err(Ask);
                }
                if theirs.is_none() {
                    self.take();
                }
                self.touch();
                Ok(None)
            }
            (_, None, None) => Ok(None),
        }
    }

    fn changed(&mut self, sides: Sides<&Entry<'_>>, joint: Joint) -> Result<Piece, Ask> {
        let Sides { base, yours, theirs } = sides;
        let lead = Sides { base: base.lead, yours: yours.lead, theirs: theirs.lead }.changed();
        // Between commas the blanks before an entry say nothing.
        let is_blank = joint != Joint::Lines && [yours, theirs].iter().all(|entry| entry.lead.trim().is_empty());
        let lead = lead.or_else(|| is_blank.then(|| yours.lead.to_owned())).ok_or(Ask)?;
        let after = Sides { base: base.after, yours: yours.after, theirs: theirs.after }.changed().ok_or(Ask)?;
        let texts = Sides { base: base.body.text(), yours: yours.body.text(), theirs: theirs.body.text() };
        let body = match texts.changed() {
            Some(text) => {
                if texts.yours != texts.theirs && texts.theirs != texts.base {
                    self.take();
                }
                text
            }
            None => match (&base.body, &yours.body, &theirs.body) {
                (Body::Inner(_, base), Body::Inner(_, yours), Body::Inner(_, theirs)) => {
                    self.inner(Sides { base, yours, theirs })?
                }
                _ => return Err(Ask),
            },
        };
        Ok(Piece { lead, body, after })
    }

    fn touch(&mut self) {
        self.touched.extend(self.path.last().cloned());
    }

    fn take(&mut self) {
        self.taken.push(self.path.clone());
    }
}

impl Piece {
    fn of(entry: &Entry<'_>) -> Self {
        Self { lead: entry.lead.to_owned(), body: entry.body.text().to_owned(), after: entry.after.to_owned() }
    }
}

fn is_same(one: &Entry<'_>, other: &Entry<'_>) -> bool {
    (one.lead, one.body.text(), one.after) == (other.lead, other.body.text(), other.after)
}

fn joint(sides: Sides<&Inner<'_>>) -> Result<Joint, Ask> {
    let Sides { base, yours, theirs } = sides;
    let is_of_lines = |inner: &Inner<'_>| inner.joint == Joint::Lines;
    if is_of_lines(base) != is_of_lines(yours) || is_of_lines(base) != is_of_lines(theirs) {
        return Err(Ask);
    }
    // A list that was empty has no last comma yet.
    Ok(if theirs.joint == base.joint || yours.entries.len() > base.entries.len() { yours.joint } else { theirs.joint })
}

fn joined(pieces: &[Piece], joint: Joint) -> String {
    let mut text = String::new();
    for (place, piece) in pieces.iter().enumerate() {
        let comma = match joint {
            Joint::Commas { trailing } if trailing || place + 1 < pieces.len() => ",",
            Joint::Commas { .. } | Joint::Lines => "",
        };
        text.extend([piece.lead.as_str(), &piece.body, comma, &piece.after]);
    }
    text
}

/// Puts the keys of the sides in one order: that of the side that has changed it, with what the other adds behind the
/// entry after which it stands there; of two additions at one place yours comes first.
fn order(sides: Sides<&Inner<'_>>) -> Result<Vec<String>, Ask> {
    let keys = |inner: &Inner<'_>| -> Result<Vec<String>, Ask> {
        let keys: Vec<String> = inner.entries.iter().map(|entry| entry.key.clone()).collect();
        let is_once = keys.iter().collect::<BTreeSet<_>>().len() == keys.len();
        if is_once { Ok(keys) } else { Err(Ask) }
    };
    let (base, yours, theirs) = (keys(sides.base)?, keys(sides.yours)?, keys(sides.theirs)?);
    let (is_yours_moved, is_theirs_moved) = (is_moved(&base, &yours), is_moved(&base, &theirs));
    if is_yours_moved && is_theirs_moved {
        return Err(Ask);
    }
    let (mut order, other) = if is_theirs_moved { (theirs.clone(), &yours) } else { (yours.clone(), &theirs) };
    // Additions of the first side that stand at the same place are passed over, so that yours come first.
    let is_addition = |key: &String| !base.contains(key);
    for (place, key) in other.iter().enumerate() {
        if order.contains(key) {
            continue;
        }
        let anchor = other[..place].iter().rev().find_map(|before| order.iter().position(|known| known == before));
        let mut at = anchor.map_or(0, |anchor| anchor + 1);
        if !is_theirs_moved {
            at += order[at..].iter().take_while(|next| is_addition(next) && !theirs.contains(next)).count();
        }
        order.insert(at, key.clone());
    }
    Ok(order)
}

/// Tells whether a side has put the keys of the base in another order.
fn is_moved(base: &[String], side: &[String]) -> bool {
    let common: Vec<&String> = base.iter().filter(|key| side.contains(key)).collect();
    let there: Vec<&String> = side.iter().filter(|key| base.contains(key)).collect();
    common != there
}
