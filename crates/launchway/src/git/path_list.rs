//! Lists of paths as git reads and writes them with `-z`: a NUL ends each, since a path may hold any other character.

/// Writes paths, or entries of the index, as git reads them from its stdin.
pub(crate) fn path_list<P: AsRef<[u8]>>(paths: impl IntoIterator<Item = P>) -> Vec<u8> {
    let mut list = Vec::new();
    for path in paths {
        list.extend_from_slice(path.as_ref());
        list.push(0);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_ends_each_path() {
        assert_eq!(path_list(["a b", "c\nd"]), b"a b\0c\nd\0");
        assert_eq!(path_list::<&str>([]), b"");
    }
}
