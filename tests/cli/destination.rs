//! What OUT may be: nothing, or with `--force` an earlier release or an empty folder. All else is left alone.

use expect_test::expect;
use std::{fs, path::Path};

use tempfile::tempdir;

use crate::process::{constant_head, copy, files, names, resnet, seal, unlearn, verify};

#[track_caller]
fn refused(model: &Path, out: &Path, more: &[&str], why: &str) {
    let arguments: Vec<&str> = ["--forget", "5"].iter().chain(more).copied().collect();
    seal(model, out, &arguments).exits(2).says(why);
}

#[test]
fn a_release_is_replaced_by_force_only() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    seal(&resnet(), &out, &["--forget", "5"]).exits(0);
    let first = files(&out);
    refused(&resnet(), &out, &["--slot", "drop"], "--force");
    assert!(files(&out) == first);
    seal(&resnet(), &out, &["--forget", "6", "--force"]).exits(0);
    assert!(files(&out) != first);
    verify(&out, &resnet(), &[]).exits(0);
    assert_eq!(names(folder.path()), ["out"]);
}

#[test]
fn an_empty_folder_is_filled_by_force_only() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    refused(&resnet(), &out, &[], "--force");
    seal(&resnet(), &out, &["--forget", "5", "--force"]).exits(0);
    verify(&out, &resnet(), &[]).exits(0);
}

#[test]
fn foreign_folders_and_files_are_never_replaced() {
    let folder = tempdir().unwrap();
    let (foreign, file) = (folder.path().join("foreign"), folder.path().join("file"));
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.txt"), "years of work").unwrap();
    fs::write(&file, "years of work").unwrap();
    for out in [&foreign, &file] {
        for more in [&[][..], &["--force"]] {
            refused(&resnet(), out, more, "choose another place");
        }
    }
    assert_eq!(fs::read(foreign.join("thesis.txt")).unwrap(), b"years of work");
    assert_eq!(fs::read(&file).unwrap(), b"years of work");
    assert_eq!(names(folder.path()), ["file", "foreign"]);
}

#[test]
fn the_input_and_what_holds_it_are_never_replaced() {
    let folder = tempdir().unwrap();
    let shelf = folder.path().join("shelf");
    let model = shelf.join("model");
    fs::create_dir(&shelf).unwrap();
    copy(&resnet(), &model);
    // Even where both look like releases.
    for claimed in [false, true] {
        if claimed {
            seal(&resnet(), &folder.path().join("release"), &["--forget", "5"]).exits(0);
            let statement = "class-removal.statement.json";
            for place in [&shelf, &model] {
                fs::copy(folder.path().join("release").join(statement), place.join(statement)).unwrap();
            }
        }
        let before = files(&model);
        for out in [&model, &shelf, &model.join("."), &model.join("../model")] {
            refused(&model, out, &["--force"], "shelf");
            refused(&model.join("model.safetensors"), out, &["--force"], "shelf");
        }
        assert!(files(&model) == before);
    }
}

#[test]
fn a_place_that_cannot_be_is_refused() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    refused(&resnet(), &file.join("out"), &[], "file");
    refused(&resnet(), Path::new("/"), &["--force"], "`/`");
    refused(&resnet(), Path::new(".."), &["--force"], "`..`");
    // Said before anything is done, by every method.
    for out in ["nonexistent/..", "nonexistent/../.."] {
        let ran = unlearn(&resnet(), Path::new(out), &["--forget", "5"]).exits(2);
        let ran = ran.says("does not end in the name of a folder").says("end -o with");
        assert_eq!(ran.stdout, "");
    }
    let ran = unlearn(&resnet(), &file.join("deep/out"), &["--forget", "5"]).exits(2).told(expect![[r#"
        error: `[FOLDER]/file`: not a directory
    "#]]);
    assert_eq!(ran.stdout, "");
}

#[test]
fn the_input_folder_is_no_place_for_the_output() {
    let folder = tempdir().unwrap();
    let model = folder.path().join("model");
    copy(&resnet(), &model);
    for out in [model.join("out"), model.join("a/b/out")] {
        refused(&model, &out, &[], "lies inside the input");
        assert!(files(&model) == files(&resnet()));
    }
}

#[test]
fn a_release_with_other_files_in_it_is_not_replaced() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    seal(&resnet(), &out, &["--forget", "5"]).exits(0);
    fs::create_dir_all(out.join("notes/deep")).unwrap();
    refused(&resnet(), &out, &[], "replace it with --force");
    let additions = ["thesis.txt", ".gitattributes", "notes/deep/thesis.txt", "notes/README.md"];
    for name in additions {
        fs::write(out.join(name), "years of work").unwrap();
        refused(&resnet(), &out, &["--force"], &format!("not of the release in it: `{name}`"));
        refused(&resnet(), &out, &["--force"], "move them elsewhere");
        assert_eq!(fs::read(out.join(name)).unwrap(), b"years of work");
        fs::remove_file(out.join(name)).unwrap();
    }
    for number in 0..7 {
        fs::write(out.join(format!("{number}.txt")), "").unwrap();
    }
    refused(&resnet(), &out, &["--force"], "`4.txt`, 2 more");
}

#[test]
fn a_claim_alone_makes_no_release_and_a_link_is_not_followed() {
    let folder = tempdir().unwrap();
    let (out, link) = (folder.path().join("out"), folder.path().join("link"));
    seal(&resnet(), &out, &["--forget", "5"]).exits(0);
    std::os::unix::fs::symlink(&out, &link).unwrap();
    refused(&resnet(), &link, &["--force"], "choose another place");
    fs::write(out.join("class-removal.statement.json"), "{}").unwrap();
    refused(&resnet(), &out, &["--force"], "choose another place");
    assert!(link.is_symlink() && out.join("model.safetensors").exists());
}

#[test]
fn only_folders_of_our_own_making_are_leftovers() {
    let folder = tempdir().unwrap();
    let (original, out) = (folder.path().join("model"), folder.path().join("out"));
    constant_head(&original, [1.0, 0.0, 0.0]);
    let (mine, leftover) =
        (folder.path().join(".out.declass-mine"), folder.path().join(".out.declass-0123456789ab"));
    fs::create_dir(&mine).unwrap();
    fs::create_dir(&leftover).unwrap();
    seal(&original, &out, &["--forget", "1"]).exits(0);
    assert!(mine.exists() && !leftover.exists());
}

#[test]
fn several_runs_that_write_to_one_place_all_succeed() {
    let folder = tempdir().unwrap();
    let (original, out) = (folder.path().join("model"), folder.path().join("out"));
    constant_head(&original, [1.0, 0.0, 0.0]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    seal(&original, &out, &["--forget", "1", "--force"]).exits(0);
                }
            });
        }
    });
    verify(&out, &original, &[]).exits(0);
    assert_eq!(names(folder.path()), ["model", "out"]);
}
