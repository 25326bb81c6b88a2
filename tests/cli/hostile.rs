//! Inputs that ask for more than there is: memory, time, permissions.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::tempdir;

use crate::process::{Ran, files, finish, fixture, resnet, seal};

/// Runs the tool behind some words of shell, and fails if that takes long.
fn shell(before: &str, arguments: &[&str]) -> Ran {
    let begun = Instant::now();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{before}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_declass")]);
    let ran = finish(command.args(arguments));
    assert!(begun.elapsed() < Duration::from_secs(60), "{ran:?}");
    ran
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A model of 8 GB that takes no room on disk.
fn enormous(path: &Path) {
    let (rows, width) = (1000_u64, 2_000_000_u64);
    let header = json!({
        "classifier.weight": {"dtype": "F32", "shape": [rows, width], "data_offsets": [0, 4 * rows * width]},
    });
    let header = header.to_string();
    let mut file = File::create(path).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file.set_len(8 + header.len() as u64 + 4 * rows * width).unwrap();
}

#[test]
fn a_head_beyond_any_memory_is_refused_by_name_and_size() {
    let folder = tempdir().unwrap();
    let model = folder.path().join("model.safetensors");
    enormous(&model);
    let (model, out) = (model.to_str().unwrap(), folder.path().join("out"));
    let runs: [&[&str]; 2] =
        [&["inspect", model], &["unlearn", model, "--forget", "1", "-o", out.to_str().unwrap()]];
    for arguments in runs {
        let ran = shell("ulimit -v 4000000", arguments).exits(2);
        ran.says("`classifier.weight` has 2000000000 values").says("268435456 at most");
    }
}

#[test]
fn an_old_claim_that_never_ends_is_no_release() {
    let folder = tempdir().unwrap();
    let makers: [fn(&Path); 3] = [
        pipe,
        |path| symlink("/dev/zero", path).unwrap(),
        |path| File::create(path).unwrap().set_len(1 << 40).unwrap(),
    ];
    for (number, make) in makers.into_iter().enumerate() {
        let out = folder.path().join(number.to_string());
        fs::create_dir(&out).unwrap();
        make(&out.join("class-removal.statement.json"));
        let model = resnet();
        let arguments = ["unlearn", model.to_str().unwrap(), "--forget", "5", "--method", "seal", "-o"];
        let arguments = [&arguments[..], &[out.to_str().unwrap(), "--force"]].concat();
        shell("ulimit -v 4000000", &arguments).exits(2).says("choose another place");
    }
}

#[test]
fn labels_that_never_end_are_refused() {
    let folder = tempdir().unwrap();
    let labels = folder.path().join("labels");
    pipe(&labels);
    let onnx = fixture("fmnist-resnet.onnx");
    for file in [labels.to_str().unwrap(), "/dev/zero"] {
        let ran = shell(":", &["inspect", onnx.to_str().unwrap(), "--labels", file]);
        ran.exits(2).says(file).says("not a regular file");
    }
}

#[test]
fn a_release_is_as_private_as_the_process_wants_it() {
    let folder = tempdir().unwrap();
    let model = resnet();
    for (umask, for_folder, for_file) in [("022", 0o755, 0o644), ("077", 0o700, 0o600), ("027", 0o750, 0o640)]
    {
        let out = folder.path().join(umask);
        let arguments = ["unlearn", model.to_str().unwrap(), "--forget", "5", "--method", "seal", "-o"];
        shell(&format!("umask {umask}"), &[&arguments[..], &[out.to_str().unwrap()]].concat()).exits(0);
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&out), for_folder, "umask {umask}");
        for name in files(&out).keys() {
            assert_eq!(mode(&out.join(name)) & !for_file, 0, "umask {umask}: {name}");
        }
        assert_eq!(mode(&out.join("class-removal.statement.json")), for_file, "umask {umask}");
        assert_eq!(mode(&out.join("README.md")), for_file, "umask {umask}");
    }
    let verified = folder.path().join("077");
    crate::process::verify(&verified, &model, &[]).exits(0);
    seal(&model, &verified, &["--forget", "6", "--force"]).exits(0);
}

/// A field of a message: its number, and bytes that it holds.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let (mut bytes, mut length) = (vec![number << 3 | 2], content.len());
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    [&bytes[..], content].concat()
}

/// An ONNX file of some 50 kB: a weight for a million classes that one operator makes, and many factors behind it.
fn many_factors(path: &Path, factors: usize) {
    let node = |kind: &str, inputs: &[&str], output: &str| {
        let inputs = inputs.iter().flat_map(|name| field(1, name.as_bytes()));
        let rest = [field(2, output.as_bytes()), field(4, kind.as_bytes())].concat();
        field(1, &inputs.chain(rest).collect::<Vec<u8>>())
    };
    let tensor = |name: &str, kind: u8, extent: u8, data: &[u8]| {
        let entries = [vec![8, extent, 16, kind], field(8, name.as_bytes()), field(9, data)].concat();
        field(5, &entries)
    };
    let value = |number: u8, name: &str| {
        field(number, &[field(1, name.as_bytes()), field(2, &field(1, &[8, 1]))].concat())
    };
    let shape: Vec<u8> = [1_i64, 1 << 20].iter().flat_map(|extent| extent.to_le_bytes()).collect();
    let mut graph = [node("ConstantOfShape", &["s"], "W"), node("MatMul", &["x", "W"], "z0")].concat();
    for at in 1..=factors {
        graph.extend(node("Mul", &[&format!("z{}", at - 1), "c"], &format!("z{at}")));
    }
    graph.extend([tensor("s", 7, 2, &shape), tensor("c", 1, 1, &1.5_f32.to_le_bytes())].concat());
    graph.extend([value(11, "x"), value(12, &format!("z{factors}"))].concat());
    let opset = field(8, &[16, 17]);
    fs::write(path, [vec![8, 8], field(7, &graph), opset].concat()).unwrap();
}

#[test]
fn small_files_ask_for_no_large_memory() {
    let folder = tempdir().unwrap();
    let onnx = folder.path().join("model.onnx");
    many_factors(&onnx, 1500);
    assert!(onnx.metadata().unwrap().len() < 60_000);
    let ran = shell("ulimit -v 3000000", &["inspect", onnx.to_str().unwrap()]).exits(2);
    ran.says("takes more than 67108864 numbers to follow");
    let model = folder.path().join("model");
    crate::process::copy(&resnet(), &model);
    // Sixty megabytes of configuration.
    for piece in ["{\"\":[]},", "0,"] {
        let list = piece.repeat((60 << 20) / piece.len());
        fs::write(model.join("config.json"), format!("{{\"x\":[{}]}}", list.trim_end_matches(','))).unwrap();
        let out = folder.path().join("out");
        let runs: [&[&str]; 2] = [
            &["inspect", model.to_str().unwrap()],
            &["unlearn", model.to_str().unwrap(), "--forget", "5", "-o", out.to_str().unwrap()],
        ];
        for arguments in runs {
            shell("ulimit -v 1500000", arguments).exits(2).says("it has more than 1048576 JSON values");
        }
    }
}
