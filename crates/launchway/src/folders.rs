//! Where the program keeps things of the user's: what was fetched, which catalogs there are, and drafts.

use std::env;
use std::path::PathBuf;

/// Returns the folder for what can be fetched again; none without a home.
pub(crate) fn cache() -> Option<PathBuf> {
    folder("LAUNCHWAY_CACHE_DIR", "XDG_CACHE_HOME", ".cache")
}

/// Returns the folder for what is not finished, such as drafts; none without a home.
pub(crate) fn state() -> Option<PathBuf> {
    folder("LAUNCHWAY_STATE_DIR", "XDG_STATE_HOME", ".local/state")
}

/// Returns the folder for settings; none without a home.
pub(crate) fn config() -> Option<PathBuf> {
    folder("LAUNCHWAY_CONFIG_DIR", "XDG_CONFIG_HOME", ".config")
}

fn folder(own: &str, shared: &str, below_home: &str) -> Option<PathBuf> {
    let set = |variable: &str| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(own) = set(own) {
        return std::path::absolute(own).ok();
    }
    // A relative one is to be ignored, says the XDG Base Directory Specification.
    let shared = set(shared).filter(|path| path.is_absolute());
    let home = || set("HOME").filter(|path| path.is_absolute()).map(|home| home.join(below_home));
    shared.or_else(home).map(|folder| folder.join("launchway"))
}
