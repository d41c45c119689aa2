//! Changes of files as a diff that `git apply` accepts.

use std::fmt::Write as _;

use diffy::DiffOptions;
use launchway_core::{Blob, Edit};

/// Renders the edits that change something; of a file that is no text, that it differs.
pub(crate) fn of(edits: &[&Edit]) -> String {
    edits.iter().filter(|edit| edit.before != edit.after).fold(String::new(), |text, edit| text + &of_file(edit))
}

fn of_file(edit: &Edit) -> String {
    let path = &edit.path;
    let mut text = format!("diff --git a/{path} b/{path}\n");
    let mode = |blob: &Blob| if blob.executable { "100755" } else { "100644" };
    let _ = match (&edit.before, &edit.after) {
        (None, Some(after)) => writeln!(text, "new file mode {}", mode(after)),
        (Some(before), None) => writeln!(text, "deleted file mode {}", mode(before)),
        (Some(before), Some(after)) if before.executable != after.executable => {
            writeln!(text, "old mode {}\nnew mode {}", mode(before), mode(after))
        }
        _ => Ok(()),
    };
    let side = |blob: &Option<Blob>| match blob {
        None => Some(String::new()),
        Some(blob) => String::from_utf8(blob.bytes.to_vec()).ok().filter(|text| !text.contains('\0')),
    };
    let name = |blob: &Option<Blob>, letter: char| match blob {
        Some(_) => format!("{letter}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let (from, to) = (name(&edit.before, 'a'), name(&edit.after, 'b'));
    match (side(&edit.before), side(&edit.after)) {
        (Some(before), Some(after)) if before != after => {
            let mut options = DiffOptions::new();
            options.set_original_filename(from).set_modified_filename(to);
            let _ = write!(text, "{}", options.create_patch(&before, &after));
        }
        (Some(_), Some(_)) => {}
        _ => {
            let _ = writeln!(text, "Binary files {from} and {to} differ");
        }
    }
    text
}
