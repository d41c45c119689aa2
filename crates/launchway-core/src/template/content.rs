//! The content of a template's file, which the program carries packed if the template is built in.

use std::borrow::Cow;

use crate::packed::unpacked;
use crate::path::beneath::Blob;

/// A file of a template. One of a built-in template is unpacked when somebody reads it, since most commands read few of them.
#[derive(Clone)]
pub struct TemplateFile {
    content: Content,
    /// Whether the file can be run.
    pub executable: bool,
}

#[derive(Clone)]
enum Content {
    Plain(Cow<'static, [u8]>),
    Packed { bytes: &'static [u8], is_without_returns: bool },
}

impl From<Blob> for TemplateFile {
    fn from(blob: Blob) -> Self {
        Self { content: Content::Plain(blob.bytes), executable: blob.executable }
    }
}

impl TemplateFile {
    /// Takes what the program carries. It has no modes: the manifest says which file can be run.
    pub(super) fn packed(bytes: &'static [u8]) -> Self {
        Self { content: Content::Packed { bytes, is_without_returns: false }, executable: false }
    }

    /// Returns the content.
    #[must_use]
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match &self.content {
            Content::Plain(bytes) => Cow::Borrowed(bytes),
            Content::Packed { bytes, is_without_returns: false } => Cow::Owned(unpacked(bytes)),
            Content::Packed { bytes, is_without_returns: true } => without_carriage_returns(unpacked(bytes).into()),
        }
    }

    /// Tells whether the content was in memory when it was checked, and not packed.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.content, Content::Plain(_))
    }

    /// Takes the carriage returns out of the ends of lines, if it is text.
    pub(super) fn without_carriage_returns(self) -> Self {
        let content = match self.content {
            Content::Plain(bytes) => Content::Plain(without_carriage_returns(bytes)),
            Content::Packed { bytes, .. } => Content::Packed { bytes, is_without_returns: true },
        };
        Self { content, ..self }
    }
}

/// A checkout on Windows may have turned the line ends of text; the output is the same everywhere.
fn without_carriage_returns(bytes: Cow<'static, [u8]>) -> Cow<'static, [u8]> {
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.contains("\r\n") && !text.contains('\0') => {
            Cow::Owned(text.replace("\r\n", "\n").into_bytes())
        }
        _ => bytes,
    }
}
