//! The exercises of `src/practice/README.md`: each diff is applied, its button is pressed, and the texts
//! that the table has for "before" and "after" are looked for.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use crate::handout::{blocks, project, quoted, readme, rows, section};
use crate::support::{Authorization, Folder, connect, press, python, request};

const README: &str = "src/practice/README.md";
const PATIENCE: Duration = Duration::from_secs(60);

/// An exercise that changes code.
struct Exercise {
    heading: &'static str,
    button: &'static str,
    /// The file in Rust, and its diff.
    rust: Change,
    /// The same of the script.
    script: Change,
    before: Expected,
    after: Expected,
}

struct Change {
    file: &'static str,
    diff: &'static str,
}

/// The cells of a row: the texts that are seen; none where the program goes on waiting.
struct Expected {
    rust: Vec<&'static str>,
    script: Vec<&'static str>,
}

impl Expected {
    fn read(row: &[&'static str]) -> Self {
        Self { rust: quoted(row[1]), script: quoted(row[2]) }
    }
}

fn exercises() -> Vec<Exercise> {
    let mut exercises = Vec::new();
    for heading in readme(README).lines().filter(|line| line.starts_with("### Exercise ")) {
        let text = section(README, heading);
        let diffs = blocks(text, "diff");
        if diffs.is_empty() {
            continue;
        }
        let (_, button) = text.split_once("Button: `").expect(heading);
        let files: Vec<_> =
            text.split("\nIn `").skip(1).map(|part| part.split('`').next().unwrap()).collect();
        let table = rows(README, heading);
        exercises.push(Exercise {
            heading,
            button: button.split('`').next().unwrap(),
            rust: Change { file: files[0], diff: diffs[0] },
            script: Change { file: files[1], diff: diffs[1] },
            before: Expected::read(&table[0]),
            after: Expected::read(&table[1]),
        });
    }
    exercises
}

/// A text with the lines of a diff that begin with `-` in it replaced by those that begin with `+`.
fn changed(text: &str, diff: &str) -> String {
    let lines = |mark: char| -> String {
        let lines = diff.lines().filter_map(|line| line.strip_prefix(mark));
        lines.flat_map(|line| [line, "\n"]).collect()
    };
    let old = lines('-');
    assert_eq!(text.matches(&old).count(), 1, "{old}");
    text.replace(&old, &lines('+'))
}

/// A program that writes what it says into a file. It ends with the test.
struct Started {
    child: Child,
    said: PathBuf,
}

impl Started {
    fn new(command: &mut Command, said: PathBuf) -> Self {
        let file = File::create(&said).unwrap();
        let child = command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        Self { child, said }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap()
    }

    /// Waits until it has said this.
    fn wait_for(&self, part: &str) -> String {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let said = self.said();
            if said.contains(part) {
                return said;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("no {part:?} in {}", self.said());
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Each of these texts is seen; where there is none, the program is still waiting after a while. Gives
/// how long that took.
fn assert_seen(
    what: &str,
    expected: &[&str],
    program: &mut Started,
    seen: impl Fn() -> String,
) -> Duration {
    let start = Instant::now();
    let limit = if expected.is_empty() { Duration::from_secs(5) } else { PATIENCE };
    while start.elapsed() < limit {
        let text = program.said() + &seen();
        if !expected.is_empty() && expected.iter().all(|part| text.contains(part)) {
            return start.elapsed();
        }
        thread::sleep(Duration::from_millis(20));
    }
    let text = program.said() + &seen();
    let is_waiting = program.child.try_wait().unwrap().is_none() && !text.contains("login: ");
    assert!(expected.is_empty() && is_waiting, "{what}: {expected:?} isn't in {text}");
    start.elapsed()
}

/// Where the same texts are seen before and after the change, they come later after it.
fn assert_later(what: &str, before: &[&str], after: &[&str], later: Duration) {
    if before == after {
        assert!(later > Duration::from_secs(1), "{what}: {later:?} later");
    }
}

/// Runs the script at the provider, and presses the button.
fn try_script(exercise: &Exercise, script: &Path, expected: &[&str]) -> Duration {
    let folder = Folder::new("exercise-script");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bare-oauth"));
    command.args(["provider", "--port", "0"]).env_clear();
    let provider = Started::new(&mut command, folder.join("provider"));
    let exports = provider.wait_for("Press Ctrl-C");
    let mut command = Command::new(python().expect("python3 with requests"));
    command.arg(script).env_clear().env("BROWSER", "echo %s").env("PYTHONUNBUFFERED", "1");
    for line in exports.lines().filter_map(|line| line.strip_prefix("export ")) {
        let (name, value) = line.split_once('=').unwrap();
        command.env(name, value.trim_matches('\''));
    }
    let mut client = Started::new(&mut command, folder.join("client"));
    client.wait_for("Callback server running");
    let said = client.wait_for("code_challenge_method=S256");
    let url = said.split_whitespace().find(|word| word.starts_with("http://127.")).unwrap();
    let callback = press(&Authorization::read(url.to_owned()), exercise.button);
    // The tab may have to wait.
    let page = folder.join("page");
    let tab = page.clone();
    thread::spawn(move || {
        use std::io::{Read, Write};
        let mut stream = connect(callback.split('/').nth(2).unwrap());
        let mut text = String::new();
        if stream.write_all(request("GET", &callback).as_bytes()).is_ok() {
            let _ = stream.read_to_string(&mut text);
        }
        let _ = fs::write(tab, text);
    });
    let seen = || provider.said() + &fs::read_to_string(&page).unwrap_or_default();
    assert_seen(exercise.heading, expected, &mut client, seen)
}

#[test]
#[ignore = "needs python3 with requests"]
fn each_exercise_shows_in_python_what_it_says() {
    for exercise in &exercises() {
        let script = project(exercise.script.file);
        let before = try_script(exercise, &script, &exercise.before.script);
        let folder = Folder::new("exercise");
        let text = changed(&fs::read_to_string(&script).unwrap(), exercise.script.diff);
        let copy = folder.join("9-output.py");
        fs::write(&copy, text).unwrap();
        let after = try_script(exercise, &copy, &exercise.after.script);
        let later = after.saturating_sub(before);
        assert_later(exercise.heading, &exercise.before.script, &exercise.after.script, later);
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

/// Presses the button at `practice`.
fn try_program(exercise: &Exercise, program: &Path, expected: &[&str]) -> Duration {
    let folder = Folder::new("exercise-program");
    let mut command = Command::new(program);
    command.args(["practice", "--break", exercise.button]).env_clear();
    let mut practice = Started::new(&mut command, folder.join("practice"));
    assert_seen(exercise.heading, expected, &mut practice, String::new)
}

#[test]
#[ignore = "needs minutes for its builds"]
fn each_exercise_shows_in_rust_what_it_says() {
    let target = project("target/exercises");
    let tree = Folder::new("exercise-tree");
    for part in ["Cargo.toml", "Cargo.lock", "src", "tests"] {
        copy(&project(part), &tree.join(part));
    }
    for exercise in &exercises() {
        let file = tree.join(exercise.rust.file);
        let text = fs::read_to_string(&file).unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_bare-oauth"));
        let before = try_program(exercise, program, &exercise.before.rust);
        fs::write(&file, changed(&text, exercise.rust.diff)).unwrap();
        let build = Command::new(env!("CARGO"))
            .args(["build", "--locked", "--quiet"])
            .current_dir(&*tree)
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .output()
            .unwrap();
        assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
        let program = target.join("debug/bare-oauth");
        let after = try_program(exercise, &program, &exercise.after.rust);
        let later = after.saturating_sub(before);
        assert_later(exercise.heading, &exercise.before.rust, &exercise.after.rust, later);
        fs::write(&file, text).unwrap();
    }
}

#[test]
fn each_exercise_names_lines_that_are_there() {
    let exercises = exercises();
    assert_eq!(exercises.len(), 6);
    for exercise in &exercises {
        for change in [&exercise.rust, &exercise.script] {
            changed(&fs::read_to_string(project(change.file)).unwrap(), change.diff);
        }
        assert_eq!(exercise.script.file, "tests/climb/9-output.py");
    }
}
