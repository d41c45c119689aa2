use super::*;
use crate::agreement::document::Format;

/// What must come out: the text, or a person is asked.
fn merged(path: &str, base: &str, yours: &str, theirs: &str) -> Option<String> {
    merge(path, &[], base, yours, theirs).map(|merged| merged.text)
}

/// A file, its text, and what each side replaces by what.
type Dispute<'t> = (&'t str, &'t str, (&'t str, &'t str), (&'t str, &'t str));

/// Adds lines behind a line of a text.
fn with(text: &str, line: &str, added: &str) -> String {
    assert_eq!(text.matches(line).count(), 1, "{line}");
    text.replace(line, &format!("{line}{added}"))
}

const MANIFEST: &str = "[package]\nname = \"orders\"\n\n[dependencies]\naxum = \"0.8\"\n# The log.\ntracing = { version = \"0.1\", features = [\"log\"] }\n\n[features]\ndefault = [\"a\"]\n";
const DEPLOYMENT: &str = "spec:\n  template:\n    metadata:\n      labels:\n        app: orders\n    spec:\n      containers:\n        - name: app\n          image: app\n          ports:\n            - name: http\n              containerPort: 8080\n          env:\n            - name: PORT\n              value: \"8080\"\n";
const KUSTOMIZATION: &str = "apiVersion: v1\nresources:\n  - deployment.yaml\n  - service.yaml\n";
const PARAMETERS: &str = "[\n  { \"ParameterKey\": \"MinTasks\", \"ParameterValue\": \"2\" },\n  { \"ParameterKey\": \"Port\", \"ParameterValue\": \"80\" }\n]\n";
const STACK: &str = "Parameters:\n  # How many.\n  MinTasks:\n    Type: Number\n\nResources:\n  Service:\n    Type: AWS::ECS::Service\n    Properties:\n      Cluster: !Ref Cluster\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"bytes\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"orders\"\nversion = \"0.1.0\"\ndependencies = [\n \"bytes\",\n]\n";
const PAGE: &str = "# Orders\n\n| what | where |\n|---|---|\n| code | crates |\n\nText.\n";

#[test]
fn what_both_sides_add_at_one_place_stands_beside_each_other_yours_first() {
    let cases: &[(&str, &str, &str, &str, &str)] = &[
        ("Cargo.toml", MANIFEST, "axum = \"0.8\"\n", "sqlx = \"0.9\"\n", "uuid = \"1\"\n"),
        ("Cargo.toml", MANIFEST, "axum = \"0.8\"\n", "# A store.\nsqlx = \"0.9\"\n", "# Ids.\nuuid = \"1\"\n"),
        ("Cargo.toml", MANIFEST, "default = [\"a\"]\n", "b = []\n", "c = []\n"),
        ("a.yaml", DEPLOYMENT, "        app: orders\n", "        team: red\n", "        tier: web\n"),
        (
            "a.yaml",
            DEPLOYMENT,
            "              value: \"8080\"\n",
            "            - name: A\n              value: x\n",
            "            - name: B\n              value: y\n",
        ),
        (
            "a.yaml",
            DEPLOYMENT,
            "              containerPort: 8080\n",
            "            - name: a\n              containerPort: 1\n",
            "            - name: b\n              containerPort: 2\n",
        ),
        ("a.yaml", DEPLOYMENT, "          image: app\n", "          tty: true\n", "          stdin: true\n"),
        ("kustomization.yaml", KUSTOMIZATION, "  - service.yaml\n", "  - mine.yaml\n", "  - pdb.yaml\n"),
        (
            "p.json",
            PARAMETERS,
            "\"ParameterValue\": \"2\" },\n",
            "  { \"ParameterKey\": \"A\", \"ParameterValue\": \"1\" },\n",
            "  { \"ParameterKey\": \"B\", \"ParameterValue\": \"1\" },\n",
        ),
        (
            "s.yaml",
            STACK,
            "    Type: Number\n",
            "  # Mine.\n  Mine:\n    Type: String\n",
            "  Theirs:\n    Type: String\n",
        ),
        ("config.env", "A=1\n# two\nB=2\n", "B=2\n", "# mine\nC=3\n", "D=4\n"),
        ("README.md", PAGE, "| code | crates |\n", "| mine | here |\n", "| theirs | there |\n"),
    ];
    for (path, base, line, yours, theirs) in cases {
        let expected = with(base, line, &format!("{yours}{theirs}"));
        assert_eq!(
            merged(path, base, &with(base, line, yours), &with(base, line, theirs)),
            Some(expected),
            "{path} {yours}"
        );
    }
}

#[test]
fn an_entry_at_the_end_gets_the_comma_that_it_needs() {
    let yours =
        PARAMETERS.replace("\"80\" }\n", "\"80\" },\n  { \"ParameterKey\": \"A\", \"ParameterValue\": \"1\" }\n");
    let theirs =
        PARAMETERS.replace("\"80\" }\n", "\"80\" },\n  { \"ParameterKey\": \"B\", \"ParameterValue\": \"1\" }\n");
    let expected = PARAMETERS.replace(
        "\"80\" }\n",
        "\"80\" },\n  { \"ParameterKey\": \"A\", \"ParameterValue\": \"1\" },\n  { \"ParameterKey\": \"B\", \"ParameterValue\": \"1\" }\n",
    );
    assert_eq!(merged("p.json", PARAMETERS, &yours, &theirs), Some(expected));
}

#[test]
fn features_of_one_dependency_and_its_version_come_together() {
    let yours = MANIFEST.replace("[\"log\"]", "[\"log\", \"std\"]");
    let theirs = MANIFEST.replace("\"0.1\"", "\"0.2\"").replace("[\"log\"]", "[\"log\", \"attributes\"]");
    let expected = MANIFEST.replace("\"0.1\"", "\"0.2\"").replace("[\"log\"]", "[\"log\", \"std\", \"attributes\"]");
    assert_eq!(merged("Cargo.toml", MANIFEST, &yours, &theirs), Some(expected));
}

#[test]
fn packages_of_a_lock_file_stand_in_the_order_of_cargo() {
    let package = |name: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n\n");
    let add = |name: &str| {
        let lock =
            LOCK.replace("[[package]]\nname = \"orders\"", &format!("{}[[package]]\nname = \"orders\"", package(name)));
        lock.replace(" \"bytes\",\n", &format!(" \"bytes\",\n \"{name}\",\n"))
    };
    let text = merged("Cargo.lock", LOCK, &add("uuid"), &add("http")).unwrap();
    let names: Vec<&str> = text.lines().filter(|line| line.starts_with("name")).collect();
    assert_eq!(names, ["name = \"bytes\"", "name = \"http\"", "name = \"orders\"", "name = \"uuid\""]);
}

/// Writes a lock file of packages, each `name version` with what it depends on; one without a version is of the workspace.
fn lock(packages: &[(&str, &[&str])]) -> String {
    let package = |(package, dependencies): &(&str, &[&str])| {
        let (name, version) = package.split_once(' ').unwrap_or((package, ""));
        let source = if version.is_empty() { "" } else { "source = \"registry\"\n" };
        let version = if version.is_empty() { "0.1.0" } else { version };
        let entries = dependencies.iter().fold(String::new(), |entries, entry| entries + " \"" + entry + "\",\n");
        format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}dependencies = [\n{entries}]\n")
    };
    format!("version = 4\n\n{}", packages.iter().map(package).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_merged_lock_file_could_be_one_of_cargo() {
    type Packages<'p> = &'p [(&'p str, &'p [&'p str])];
    let merged = |base: Packages<'_>, yours: Packages<'_>, theirs: Packages<'_>| {
        merged("Cargo.lock", &lock(base), &lock(yours), &lock(theirs))
    };
    let base: Packages<'_> = &[("bytes 1.0.0", &[]), ("orders", &["bytes"])];
    let adds = |name: &'static str, list: &'static [&'static str]| -> Vec<(&str, &[&str])> {
        let mut packages = vec![("bytes 1.0.0", &[][..]), (name, &[]), ("orders", list)];
        packages.sort_by_key(|(name, _)| *name);
        packages
    };
    let (zip, http) = (adds("zip 2.0.0", &["bytes", "zip"]), adds("http 1.0.0", &["bytes", "http"]));
    // In the order of Cargo, whoever came first.
    let both: Packages<'_> =
        &[("bytes 1.0.0", &[]), ("http 1.0.0", &[]), ("orders", &["bytes", "http", "zip"]), ("zip 2.0.0", &[])];
    assert_eq!(merged(base, &zip, &http), Some(lock(both)));
    // Two compatible versions, of which Cargo would have taken one.
    let (one, other) = (adds("zip 2.0.0", &["bytes", "zip"]), adds("zip 2.1.0", &["bytes", "zip"]));
    assert_eq!(merged(base, &one, &other), None);
    // A name that would mean two packages.
    let two: Packages<'_> = &[("bytes 1.0.0", &[]), ("bytes 2.0.0", &[]), ("orders", &["bytes 1.0.0", "bytes 2.0.0"])];
    let user: Packages<'_> = &[("bytes 1.0.0", &[]), ("orders", &["bytes", "zip"]), ("zip 2.0.0", &["bytes"])];
    assert_eq!(merged(base, two, user), None);
    // A package that the one has dropped, and the other comes to need.
    let dropped: Packages<'_> = &[("orders", &[]), ("tools", &[])];
    let with_tools: Packages<'_> = &[("bytes 1.0.0", &[]), ("orders", &["bytes"]), ("tools", &[])];
    let needs: Packages<'_> = &[("bytes 1.0.0", &[]), ("orders", &["bytes"]), ("tools", &["bytes"])];
    assert_eq!(merged(with_tools, dropped, needs), None);
    // A package of a registry is as one side has it.
    let (left, right) = (("zip 2.0.0", &["bytes", "http"][..]), ("zip 2.0.0", &["bytes", "log"][..]));
    let packages = |zip: (&'static str, &'static [&'static str])| -> Vec<(&str, &[&str])> {
        vec![("bytes 1.0.0", &[]), ("http 1.0.0", &[]), ("log 0.4.0", &[]), ("orders", &["http", "log", "zip"]), zip]
    };
    assert_eq!(merged(&packages(("zip 2.0.0", &["bytes"])), &packages(left), &packages(right)), None);
}

#[test]
fn dotted_keys_are_entries_of_their_own() {
    let base = "[dependencies]\naxum.workspace = true\n";
    let [yours, theirs] = ["sqlx.workspace = true\n", "uuid.workspace = true\n"].map(|line| format!("{base}{line}"));
    let beside = format!("{yours}uuid.workspace = true\n");
    assert_eq!(merged("Cargo.toml", base, &yours, &theirs), Some(beside));
    let twice = format!("{base}sqlx = {{ workspace = true }}\n");
    assert_eq!(merged("Cargo.toml", base, &yours, &twice), None);
}

#[test]
fn blank_lines_of_settings_may_come_from_both() {
    let base = "A=1\n";
    let [yours, theirs] = ["B=2\n", "C=3\n"].map(|line| format!("{base}\n{line}"));
    assert_eq!(merged("x.env", base, &yours, &theirs), Some("A=1\n\nB=2\n\nC=3\n".to_owned()));
    // A setting that another one is made of must stand above it.
    let [yours, theirs] = ["B=${C}\n", "C=3\n"].map(|line| format!("{base}{line}"));
    assert_eq!(merged("x.env", base, &yours, &theirs), None);
}

#[test]
fn what_both_sides_have_given_another_meaning_is_asked() {
    let cases: &[Dispute<'_>] = &[
        // The same name with two values.
        (
            "Cargo.toml",
            MANIFEST,
            ("axum = \"0.8\"\n", "axum = \"0.8\"\nuuid = \"1\"\n"),
            ("axum = \"0.8\"\n", "axum = \"0.8\"\nuuid = \"2\"\n"),
        ),
        ("a.yaml", DEPLOYMENT, ("app: orders", "app: mine"), ("app: orders", "app: theirs")),
        // One side takes away what the other has changed.
        (
            "a.yaml",
            DEPLOYMENT,
            (
                "            - name: PORT\n              value: \"8080\"\n",
                "            - name: X\n              value: y\n",
            ),
            ("value: \"8080\"", "value: \"9090\""),
        ),
        ("p.json", PARAMETERS, ("\"2\"", "\"3\""), ("\"2\"", "\"4\"")),
        ("config.env", "A=1\n", ("A=1", "A=2"), ("A=1", "A=3")),
        ("README.md", PAGE, ("| code | crates |", "| code | mine |"), ("| code | crates |", "| code | theirs |")),
        // A list without names: which comes first may matter.
        ("a.yaml", "args:\n  - a\n", ("  - a\n", "  - a\n  - b\n"), ("  - a\n", "  - a\n  - c\n")),
        ("s.yaml", "resources:\n  - a\n", ("  - a\n", "  - a\n  - b\n"), ("  - a\n", "  - a\n  - c\n")),
        // An entry that the value of another one uses.
        (
            "a.yaml",
            DEPLOYMENT,
            ("value: \"8080\"\n", "value: \"8080\"\n            - name: A\n              value: $(B)\n"),
            ("value: \"8080\"\n", "value: \"8080\"\n            - name: B\n              value: x\n"),
        ),
        // Both sides put the entries in another order.
        (
            "a.yaml",
            "a: 1\nb: 2\nc: 3\n",
            ("a: 1\nb: 2\nc: 3\n", "c: 3\na: 1\nb: 2\n"),
            ("a: 1\nb: 2\nc: 3\n", "b: 2\na: 1\nc: 3\n"),
        ),
    ];
    for (path, base, (from, to), (theirs_from, theirs_to)) in cases {
        let (yours, theirs) = (base.replace(from, to), base.replace(theirs_from, theirs_to));
        assert!(yours != *base && theirs != *base, "{path} {to}");
        assert_eq!(merged(path, base, &yours, &theirs), None, "{path} {to}");
    }
}

#[test]
fn what_a_slice_cannot_carry_is_given_up() {
    let add = |base: &str, line: &str| (with(base, line, "y: 1\n"), with(base, line, "z: 1\n"));
    for base in [
        "a: &x 1\nb: *x\nc: 1\n",
        "d: {<<: 1}\nc: 1\n",
        "a:\t1\nc: 1\n",
        "a: 1\r\nc: 1\n",
        "a: 1\n---\nc: 1\n",
        "a: {{ .Values.a }}\nc: 1\n",
        "a: 1 # {% if x %}\nc: 1\n",
        "a: 1\na: 2\nc: 1\n",
    ] {
        let (yours, theirs) = add(base, "c: 1\n");
        assert_eq!(merged("x.yaml", base, &yours, &theirs), None, "{base}");
    }
    let (yours, theirs) = add("a: ${{ github.ref }}\nc: 1\n", "c: 1\n");
    assert!(merged("x.yaml", "a: ${{ github.ref }}\nc: 1\n", &yours, &theirs).is_some());
}

#[test]
fn a_block_that_one_side_has_indented_anew_is_asked() {
    let yours = DEPLOYMENT.replace("          env:\n            - name: PORT\n              value: \"8080\"\n", "          env:\n          - name: PORT\n            value: \"8080\"\n          - name: A\n            value: x\n");
    let theirs = with(DEPLOYMENT, "              value: \"8080\"\n", "            - name: B\n              value: y\n");
    assert_eq!(merged("a.yaml", DEPLOYMENT, &yours, &theirs), None);
}

#[test]
fn the_report_names_what_came_from_the_template() {
    let yours = with(DEPLOYMENT, "        app: orders\n", "        team: red\n");
    let theirs = with(DEPLOYMENT, "        app: orders\n", "        tier: web\n");
    let merged = merge("a.yaml", &[], DEPLOYMENT, &yours, &theirs).unwrap();
    assert_eq!(merged.entries, ["spec.template.metadata.labels.tier"]);
}

#[test]
fn the_outline_put_together_is_the_text() {
    for (path, text) in [
        ("Cargo.toml", MANIFEST),
        ("a.yaml", DEPLOYMENT),
        ("kustomization.yaml", KUSTOMIZATION),
        ("p.json", PARAMETERS),
        ("s.yaml", STACK),
        ("Cargo.lock", LOCK),
        ("README.md", PAGE),
        ("x.env", "A=1\n\n# b\nB=2\n# end\n"),
    ] {
        let shape = Shape::of(path).unwrap();
        let identities = Identities::of(path, shape.format(), &[]);
        let outline = outline(shape, text, &identities).unwrap();
        assert!(!outline.entries.is_empty(), "{path}");
        let Ok(again) = Splicer::default().merge(&outline, &outline, &outline) else { panic!("{path}") };
        assert_eq!(again, text, "{path}");
    }
    assert_eq!(Shape::of("x.yml").map(Shape::format), Some(Format::Yaml));
}
