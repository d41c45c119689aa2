//! What is to be done about a project, from what the forge says of it. The forge wins over whatever was noted before.

use super::forge::{PullRequest, Standing, Tip};
use super::pull_request::Marker;

/// What should be there.
pub(super) struct Wanted<'w> {
    pub(super) template: &'w str,
    pub(super) to: &'w str,
    pub(super) key: &'w str,
    /// Of a conflict, the empty commit, if it was made before.
    pub(super) commit: Option<&'w str>,
    pub(super) tree: Option<&'w str>,
    /// A conflict, in which only people change something.
    pub(super) is_conflict: bool,
    /// Whether what was declined is offered again.
    pub(super) reopens: bool,
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Push to the branch, which ends with this commit, or is not there.
    Push(Option<String>),
    Open,
    /// The text of the pull request is of another commit.
    Edit(PullRequest),
    /// All is there.
    Found(PullRequest),
    /// Somebody has committed to it.
    Kept(PullRequest),
    Merged(PullRequest),
    Declined(PullRequest),
    /// The branch is somebody else's.
    Taken(String),
}

/// Decides what to do, from all pull requests of the branch and its last commit.
pub(super) fn decide(
    wanted: &Wanted<'_>,
    pull_requests: &[PullRequest],
    tip: Option<&Tip>,
    is_known: impl Fn(&str) -> bool,
) -> Decision {
    let marker = |it: &PullRequest| Marker::of(it).filter(|marker| marker.template == wanted.template);
    let own: Vec<(&PullRequest, Marker)> = pull_requests.iter().filter_map(|it| Some((it, marker(it)?))).collect();
    let open = own.iter().filter(|(it, _)| it.standing == Standing::Open).max_by_key(|(it, _)| it.number);
    if let Some(other) = pull_requests.iter().find(|it| it.standing == Standing::Open && marker(it).is_none()) {
        return Decision::Taken(format!("the pull request {} of the branch was opened by somebody else", other.number));
    }
    if open.is_none() {
        let of_version = own.iter().filter(|(_, marker)| marker.to == wanted.to).max_by_key(|(it, _)| it.number);
        match of_version.map(|(it, _)| (it.standing, *it)) {
            Some((Standing::Merged, it)) => return Decision::Merged(it.clone()),
            Some((Standing::Closed, it)) if !wanted.reopens => return Decision::Declined(it.clone()),
            _ => {}
        }
    }
    let is_ours = |commit: &str| {
        Some(commit) == wanted.commit || is_known(commit) || own.iter().any(|(_, marker)| marker.commit == commit)
    };
    match (open, tip) {
        (Some((it, _)), _) if wanted.is_conflict => Decision::Found((*it).clone()),
        (_, None) => Decision::Push(None),
        (Some((it, _)), Some(tip)) if !is_ours(&tip.commit) => Decision::Kept((*it).clone()),
        (None, Some(tip)) if !is_ours(&tip.commit) => {
            Decision::Taken("the branch ends with a commit of somebody else".to_owned())
        }
        (None, Some(tip)) if Some(tip.commit.as_str()) == wanted.commit => Decision::Open,
        (None, Some(tip)) => Decision::Push(Some(tip.commit.clone())),
        (Some((it, marker)), Some(tip)) => {
            let is_there = Some(tip.commit.as_str()) == wanted.commit || Some(tip.tree.as_str()) == wanted.tree;
            match (is_there, marker.key == wanted.key) {
                (false, _) => Decision::Push(Some(tip.commit.clone())),
                (true, false) => Decision::Edit((*it).clone()),
                (true, true) => Decision::Found((*it).clone()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'static> = Wanted {
        template: "t",
        to: "1.1.0",
        key: "k",
        commit: Some("new"),
        tree: Some("new-tree"),
        is_conflict: false,
        reopens: false,
    };

    fn pull_request(number: u64, standing: Standing, (to, key, commit): (&str, &str, &str)) -> PullRequest {
        let marker = format!(
            "<!-- launchway-fleet/1 {{\"template\":\"t\",\"to\":\"{to}\",\"campaign\":\"c\",\"key\":\"{key}\",\"commit\":\"{commit}\"}} -->"
        );
        PullRequest { number, url: String::new(), standing, title: String::new(), body: format!("x\n{marker}\n") }
    }

    fn tip(commit: &str) -> Tip {
        Tip { commit: commit.to_owned(), tree: format!("{commit}-tree") }
    }

    #[test]
    fn rule_4_a_branch_is_searched_before_it_is_made() {
        let of = |tip: Option<Tip>| decide(&WANTED, &[], tip.as_ref(), |commit| commit == "known");
        assert_eq!(of(None), Decision::Push(None));
        assert_eq!(of(Some(tip("new"))), Decision::Open);
        assert_eq!(of(Some(tip("known"))), Decision::Push(Some("known".to_owned())));
        assert!(matches!(of(Some(tip("theirs"))), Decision::Taken(_)));
    }

    #[test]
    fn rule_5_an_open_pull_request_changes_only_with_its_tree_and_only_if_every_commit_is_ours() {
        let old = pull_request(3, Standing::Open, ("1.0.0", "old", "marked"));
        let of = |at: &PullRequest, tip: &Tip| decide(&WANTED, std::slice::from_ref(at), Some(tip), |_| false);
        assert_eq!(of(&old, &tip("marked")), Decision::Push(Some("marked".to_owned())));
        assert_eq!(of(&old, &tip("theirs")), Decision::Kept(old.clone()));
        let same_tree = Tip { commit: "marked".to_owned(), tree: "new-tree".to_owned() };
        assert_eq!(of(&old, &same_tree), Decision::Edit(old.clone()), "the text alone");
        let theirs = Tip { commit: "theirs".to_owned(), tree: "new-tree".to_owned() };
        assert_eq!(of(&old, &theirs), Decision::Kept(old.clone()));
        let now = pull_request(3, Standing::Open, ("1.1.0", "k", "marked"));
        assert_eq!(of(&now, &same_tree), Decision::Found(now.clone()));
        assert_eq!(of(&now, &tip("new")), Decision::Found(now.clone()));
    }

    #[test]
    fn rule_6_what_was_closed_without_a_merge_is_declined_for_its_version_unless_it_is_offered_again() {
        let closed = pull_request(3, Standing::Closed, ("1.1.0", "k", "new"));
        let merged = pull_request(4, Standing::Merged, ("1.1.0", "k", "new"));
        let of = |wanted: &Wanted<'_>, all: &[PullRequest]| decide(wanted, all, Some(&tip("new")), |_| false);
        assert_eq!(of(&WANTED, std::slice::from_ref(&closed)), Decision::Declined(closed.clone()));
        let again = Wanted { reopens: true, ..WANTED };
        assert_eq!(of(&again, std::slice::from_ref(&closed)), Decision::Open);
        assert_eq!(of(&again, &[merged.clone(), closed.clone()]), Decision::Merged(merged.clone()));
        let next = Wanted { to: "1.2.0", ..WANTED };
        assert_eq!(of(&next, &[closed, merged]), Decision::Open, "another version is another question");
    }

    #[test]
    fn rule_7_a_pull_request_that_is_there_is_found_by_its_branch_and_its_mark() {
        let lost = pull_request(3, Standing::Open, ("1.1.0", "k", "new"));
        assert_eq!(decide(&WANTED, std::slice::from_ref(&lost), Some(&tip("new")), |_| false), Decision::Found(lost));
        let other = PullRequest { body: "mine".to_owned(), ..pull_request(3, Standing::Open, ("", "", "")) };
        assert!(matches!(decide(&WANTED, &[other], Some(&tip("new")), |_| true), Decision::Taken(_)));
    }

    #[test]
    fn rule_10_a_draft_of_a_conflict_is_left_to_people() {
        let conflict = Wanted { commit: None, tree: None, is_conflict: true, ..WANTED };
        let draft = pull_request(3, Standing::Open, ("1.1.0", "k", "empty"));
        assert_eq!(
            decide(&conflict, std::slice::from_ref(&draft), Some(&tip("theirs")), |_| false),
            Decision::Found(draft)
        );
        assert_eq!(decide(&conflict, &[], None, |_| false), Decision::Push(None));
        let made = Wanted { commit: Some("empty"), ..conflict };
        assert_eq!(decide(&made, &[], Some(&tip("empty")), |_| true), Decision::Open);
    }
}
