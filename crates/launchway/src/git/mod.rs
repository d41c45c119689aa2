//! Git, as the program on this machine: the first commit of a project, and an object database for templates.

mod conversation;
mod enclosing;
mod first_commit;
mod importer;
mod new_objects;
mod objects;
mod path_list;
mod process;
mod remote;
mod resolve;
mod running;
mod said;
mod signature;
mod standing;
mod tagged_folder;
mod tree;
mod versions;
mod within;

pub(crate) use enclosing::{Enclosing, from_here};
pub(crate) use first_commit::{FirstCommit, first_commit, reason_to_skip};
pub(crate) use importer::Importer;
pub(crate) use new_objects::{NewObjects, ObjectFormat, ObjectKind};
pub(crate) use objects::{FOLDER, ObjectReader, TreeEntry};
pub(crate) use path_list::path_list;
pub(crate) use process::{Git, GitError};
pub(crate) use remote::Remote;
pub(crate) use resolve::{Revision, RevisionSpec, moved};
pub(crate) use signature::Signature;
pub(crate) use standing::Standing;
pub(crate) use tagged_folder::tags_of_folder;
pub(crate) use versions::Versions;
pub(crate) use within::{FetchOptions, below, leads_here};
