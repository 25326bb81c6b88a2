//! Killed at any moment, an append loses nothing that was acknowledged, and the next one goes on.

use std::{
    fs,
    process::{Command, Stdio},
    thread::sleep,
    time::Instant,
};

use crate::home::{Home, request};

fn quiet(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::null()).stderr(Stdio::null())
}

#[test]
fn nothing_acknowledged_is_lost_when_appends_are_killed() {
    let home = Home::new();
    let append = |i: usize| home.command(&format!("append r requested --request {}", request(i)));
    let begin = Instant::now();
    assert!(quiet(&mut append(0)).status().unwrap().success());
    let usual = begin.elapsed();
    let (mut acknowledged, mut killed) = (vec![request(0)], 0);
    for i in 1..=120 {
        let mut run = quiet(&mut append(i)).spawn().unwrap();
        // Moments all over the usual time, in no order.
        sleep(usual.mul_f64(((i * 37) % 120) as f64 / 100.0));
        run.kill().unwrap();
        match run.wait().unwrap().code() {
            Some(0) => acknowledged.push(request(i)),
            Some(code) => panic!("append {i} failed with {code}"),
            None => killed += 1,
        }
        if i % 10 == 0 {
            home.run("verify r").exits(0);
        }
    }
    assert!(killed > 10, "only {killed} were killed");
    home.run(&format!("append r requested --request {}", request(1000))).exits(0);
    home.run("verify r").exits(0);
    let entries = home.entries();
    let entered: Vec<&str> =
        entries.iter().map(|entry| entry["request"]["sha256"].as_str().unwrap()).collect();
    assert!(entered.is_sorted(), "in the order of the runs, none twice");
    assert!(acknowledged.iter().all(|request| entered.contains(&request.as_str())));
    assert!(!home.path("r/pending").exists());
}

/// A register with two entries and what an append of a third leaves if it is killed after each of its steps.
#[test]
fn each_step_of_an_append_can_be_its_last() {
    let home = Home::new().with_requests(2);
    home.copy("r", "before");
    let third = format!("append r requested --request {} --time 2020-01-01T00:01:00Z", request(2));
    home.run(&third).exits(0);
    let read = |name: &str| fs::read(home.path(name)).unwrap();
    let (old, new) = (read("before/entries.jsonl"), read("r/entries.jsonl"));
    let (checkpoint, line) = (read("r/checkpoint"), &new[old.len()..]);
    let pending = [line, &checkpoint].concat();
    for (step, tail, checkpoint) in [
        ("announced", &b""[..], read("before/checkpoint")),
        ("part of the line", &line[..20], read("before/checkpoint")),
        ("all but its end", &line[..line.len() - 1], read("before/checkpoint")),
        ("the line", line, read("before/checkpoint")),
        ("the checkpoint", line, checkpoint),
    ] {
        fs::remove_dir_all(home.path("r")).unwrap();
        home.copy("before", "r");
        fs::write(home.path("r/entries.jsonl"), [&old, tail].concat()).unwrap();
        fs::write(home.path("r/checkpoint"), checkpoint).unwrap();
        fs::write(home.path("r/pending"), &pending).unwrap();
        fs::write(home.path("r/pending.tmp"), "half").unwrap();
        home.run("verify r").exits(0).shows("pending");
        let fourth = format!("append r requested --request {}", request(3));
        let ran = home.run(&fourth).exits(0);
        assert_eq!(
            ran.stderr.contains("an interrupted append was finished: entry 2"),
            step != "the checkpoint"
        );
        assert_eq!(home.entries().len(), 4, "{step}");
        home.run("verify r").exits(0);
        assert!(fs::read(home.path("r/entries.jsonl")).unwrap().starts_with(&new), "{step}");
        assert!(!home.path("r/pending").exists() && !home.path("r/pending.tmp").exists());
    }
}

#[test]
fn what_nobody_signed_is_never_finished() {
    let home = Home::new().with_requests(2);
    home.copy("r", "before");
    home.run(&format!("append r requested --request {}", request(2))).exits(0);
    let read = |name: &str| fs::read(home.path(name)).unwrap();
    let line = read("r/entries.jsonl")[read("before/entries.jsonl").len()..].to_vec();
    let good = [&line[..], &read("r/checkpoint")].concat();
    let edited = String::from_utf8(good.clone()).unwrap().replacen("requested", "approved", 1);
    let other = String::from_utf8(good.clone()).unwrap().replacen("\n3\n", "\n4\n", 1);
    let older = [&line[..], &read("before/checkpoint"), b"more\n"].concat();
    for (pending, tail, why) in [
        (good.clone(), &b"{\"art"[..], "nobody signed it"),
        (good[..good.len() - 9].to_vec(), b"", "does not end with a signature"),
        (edited.into_bytes(), b"", "not"),
        (other.into_bytes(), b"", "is not of this text"),
        (older, b"", "that is not a signature"),
        (b"".to_vec(), b"", "does not end"),
    ] {
        fs::remove_dir_all(home.path("r")).unwrap();
        home.copy("before", "r");
        let entries = [&read("before/entries.jsonl"), tail].concat();
        fs::write(home.path("r/entries.jsonl"), &entries).unwrap();
        fs::write(home.path("r/pending"), pending).unwrap();
        home.run("verify r").exits(1).shows(why);
        home.run(&format!("append r requested --request {}", request(3))).exits(1);
        assert_eq!(read("r/entries.jsonl"), entries, "nothing was written");
    }
}
