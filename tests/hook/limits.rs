//! `--path`: what is in the place of a folder that is looked into.

use std::{fs, os::unix::fs::symlink};

use crate::repository::{Home, findings};

fn home() -> Home {
    let home = Home::new();
    home.release("releases/good");
    home.commit();
    home.install("--path releases");
    home.git("push origin main").exits(0).says("release         releases/good");
    home
}

#[test]
fn a_link_hides_nothing() {
    let home = home();
    home.release("real/bad");
    home.flip("real/bad/config.json");
    fs::rename(home.work("releases"), home.work("before")).unwrap();
    symlink("real", home.work("releases")).unwrap();
    home.commit();
    home.refuses("main").says("DC3004").says("releases: a link");
    assert_eq!(findings(&home.check("HEAD --path releases/bad").exits(2)), ["DC3004 releases"]);
    fs::remove_file(home.work("releases")).unwrap();
    fs::rename(home.work("before"), home.work("releases")).unwrap();
    symlink("../real", home.work("releases/link")).unwrap();
    home.commit();
    home.refuses("main").says("DC3004").says("releases/link: a link");
    fs::remove_file(home.work("releases/link")).unwrap();
    symlink("releases/good", home.work("link")).unwrap();
    home.commit();
    home.git("push origin main").exits(0).says("1 release");
}

#[test]
fn another_repository_hides_nothing() {
    let home = home();
    let id = "1".repeat(40);
    home.git(&format!("update-index --add --cacheinfo 160000,{id},releases/sub")).exits(0);
    home.git("commit -qm x").exits(0);
    home.refuses("main").says("DC3004").says("releases/sub");
    home.git("rm -rq --cached releases").exits(0);
    home.git(&format!("update-index --add --cacheinfo 160000,{id},releases")).exits(0);
    home.git("commit -qm x").exits(0);
    home.refuses("main").says("DC3004").says("releases: a link or another repository");
}

#[test]
fn a_folder_that_is_not_there_is_said() {
    let home = home();
    home.git("mv releases other").exits(0);
    home.commit();
    home.git("push origin main").exits(0).says("no folder `releases` in refs/heads/main");
    let said = home.check("HEAD --path other --path none").exits(0).json();
    assert_eq!(said["refs"][0]["absent"], serde_json::json!(["none"]));
    home.hook("check HEAD --trust ../keys/trust.toml --format github")
        .exits(0)
        .shows("::warning title=declass::no folder `releases` in HEAD");
}
