use std::{fs, os::unix::fs::symlink};

use super::*;
use crate::inputs::picture::decode;

/// A PNG of a size that its pixels do not have.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = fs::read(fixture("pictures/rgb.png")).unwrap();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let mut sum = !0_u32;
    for byte in &bytes[12..29] {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    bytes[29..33].copy_from_slice(&(!sum).to_be_bytes());
    bytes
}

#[test]
fn bombs_are_refused_by_their_headers() {
    for (width, height) in [(1 << 30, 1 << 30), (60_000, 60_000), (89_478_486, 1)] {
        let fault = decode(&bomb(width, height), false).unwrap_err();
        assert!(
            fault.reason.contains("at most 89478485") || fault.reason.contains("cannot be decoded"),
            "{}",
            fault.reason
        );
    }
    assert!(decode(&bomb(61, 44), false).is_err(), "there are not as many rows");
}

#[test]
fn a_line_of_a_picture_is_not_blown_up() {
    let model = tempfile::tempdir().unwrap();
    let config = r#"{"image_processor_type": "CLIPImageProcessor", "size": 224}"#;
    fs::write(model.path().join("preprocessor_config.json"), config).unwrap();
    let preparation = Preparation::open(model.path(), None).unwrap();
    let mut line = b"BM".to_vec();
    let (width, row) = (65_000_u32, 195_000_u32);
    for word in [54 + row, 0, 54, 40, width, 1] {
        line.extend(word.to_le_bytes());
    }
    line.extend([1, 0, 24, 0]);
    line.extend([0; 24]);
    line.resize(54 + row as usize, 7);
    let unfit = preparation.prepare(crate::inputs::preparation::Content::Image(&line)).unwrap_err();
    assert!(unfit.reason.contains("would be resized to"), "{}", unfit.reason);
}

#[test]
fn cut_and_damaged_pictures_do_no_harm() {
    for name in [
        "rgb.png",
        "jpeg-420.jpg",
        "progressive.jpg",
        "lossless.webp",
        "lossy.webp",
        "palette.gif",
        "palette.bmp",
    ] {
        let whole = fs::read(fixture("pictures").join(name)).unwrap();
        for end in (0..whole.len() - 12).step_by(37) {
            assert!(decode(&whole[..end], true).is_err(), "{name}: the first {end} bytes");
        }
        for at in (0..whole.len()).step_by(3) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            let _ = decode(&damaged, true);
        }
    }
}

#[test]
fn links_do_not_leave_the_folder_and_names_do_not_command_a_terminal() {
    let outer = tempfile::tempdir().unwrap();
    put(outer.path(), "secret/a.png", "rgb.png");
    let folder = outer.path().join("data");
    put(&folder, "a/1.png", "rgb.png");
    put(&folder, "a/\u{1b}[2J.png", "rgb.png");
    symlink(outer.path().join("secret/a.png"), folder.join("a/2.png")).unwrap();
    symlink("1.png", folder.join("a/3.png")).unwrap();
    symlink(outer.path().join("secret"), folder.join("b")).unwrap();
    symlink("..", folder.join("a/up")).unwrap();
    symlink("nowhere.png", folder.join("a/4.png")).unwrap();
    let examples = open(&folder, &["a", "b"], Modality::Images).unwrap();
    assert_eq!(ids(&examples), [("a/1.png", Some(0)), ("a/3.png", Some(0))]);
    let mut reasons = reasons(&examples);
    reasons.sort_unstable();
    assert!(reasons[0].starts_with("a/2.png: it lies outside"), "{reasons:?}");
    assert!(reasons[1].starts_with("a/4.png: it cannot be found"), "{reasons:?}");
    assert!(reasons[2].starts_with("a/\\u{1b}[2J.png: its name holds signs"), "{reasons:?}");
    assert!(reasons[3].starts_with("a/up: it is a link to a folder"), "{reasons:?}");
    assert!(reasons[4].starts_with("b: it is a link to a folder"), "{reasons:?}");
}

#[test]
fn a_pipe_in_a_folder_is_not_waited_for_and_depth_has_an_end() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a/1.png", "rgb.png");
    rustix::fs::mkfifoat(rustix::fs::CWD, folder.path().join("a/2.png"), rustix::fs::Mode::RUSR).unwrap();
    let examples = open(folder.path(), &["a", "b"], Modality::Images).unwrap();
    assert_eq!(reasons(&examples), ["a/2.png: it is not a file"]);
    put(folder.path(), &format!("a/{}x.png", "d/".repeat(20)), "rgb.png");
    let error = open(folder.path(), &["a", "b"], Modality::Images).err().unwrap().to_string();
    assert!(error.contains("16 folders deep"), "{error}");
}

#[test]
fn what_a_configuration_asks_for_and_nobody_knows_is_refused_by_name() {
    let refused = |config: &str| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("preprocessor_config.json"), config).unwrap();
        Preparation::open(folder.path(), None).err().unwrap().to_string()
    };
    let vit = |more: &str| refused(&format!(r#"{{"image_processor_type": "ViTImageProcessor", {more}}}"#));
    for (more, word) in [
        (r#""do_sharpen": true"#, "the key `do_sharpen` is not known here (true)"),
        (r#""size": {"longest_edge": 5}"#, "`size` is {\"longest_edge\":5}"),
        (r#""size": 0"#, "`size` is 0"),
        (r#""size": 1000000"#, "`size` is 1000000"),
        (r#""resample": 9"#, "no `resample` 9"),
        (r#""image_std": [0, 1, 1]"#, "is 0"),
        (r#""image_mean": [0.5]"#, "`image_mean` is [0.5]"),
        (r#""data_format": "channels_last""#, "only `channels_first`"),
        (r#""do_center_crop": true"#, "`crop_size` has no height"),
    ] {
        let said = vit(more);
        assert!(said.contains(word), "{said}");
    }
    assert!(
        refused(r#"{"image_processor_type": "DetrImageProcessor"}"#)
            .contains("`DetrImageProcessor` is not known here")
    );
    assert!(
        refused(r#"{"feature_extractor_type": "WhisperFeatureExtractor"}"#)
            .contains("`WhisperFeatureExtractor` is not")
    );
    assert!(refused("{}").contains("it names no image processor"));
    assert!(refused("[]").contains("no JSON object"));
}
