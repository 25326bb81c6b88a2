use std::fs;

use super::*;

#[test]
fn pictures_in_parquet_have_the_names_that_the_file_gives_its_numbers() {
    let path = fixture("parquet/images.parquet");
    // The model's order is another than the file's.
    let examples = open(&path, &["shirt", "boot", "sandal"], Modality::Images).unwrap();
    assert_eq!(
        ids(&examples),
        [("0", Some(1)), ("1", Some(0)), ("2", Some(2)), ("3", Some(2)), ("4", Some(0))]
    );
    let model = tempfile::tempdir().unwrap();
    let preparation = preparation(model.path());
    let single = |picture: &str| {
        let bytes = fs::read(fixture("pictures").join(picture)).unwrap();
        preparation.prepare(crate::inputs::preparation::Content::Image(&bytes)).unwrap()
    };
    for size in [1, 2, 3, 9] {
        let (mut found, mut unusable) = (Vec::new(), Vec::new());
        for chunk in examples.chunks(Some(&preparation), size).map(Result::unwrap) {
            found.extend(chunk.inputs);
            unusable.extend(chunk.unusable);
        }
        let pictures = ["rgb.png", "jpeg-420.jpg", "small.png", "", "grey.png"];
        let expected = [0, 1, 2, 4].map(|place| (place, single(pictures[place])));
        assert_eq!(found, expected, "chunks of {size}");
        assert_eq!(unusable[0].1.id, "3");
    }
}

#[test]
fn texts_in_parquet_are_rows_and_nulls_are_listed() {
    let names = ["contradiction", "entailment", "neutral"];
    let examples = open(&fixture("parquet/texts.parquet"), &names, Modality::Texts).unwrap();
    assert_eq!(ids(&examples), [("0", Some(1)), ("1", Some(2))]);
    assert_eq!(reasons(&examples), ["2: its cell is empty", "3: it has no label"]);
    let error = open(&fixture("parquet/zstd.parquet"), &names, Modality::Texts).err().unwrap();
    assert!(error.to_string().contains("compressed by ZSTD"), "{error}");
    assert!(error.hint().unwrap().contains("snappy"));
}

#[test]
fn damaged_parquet_is_refused_without_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let names = ["shirt", "boot", "sandal"];
    let whole = fs::read(fixture("parquet/texts.parquet")).unwrap();
    let try_it = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        // Whatever it says, it comes back.
        let _ = open(&path, &names, Modality::Texts);
    };
    for end in (0..whole.len()).step_by(23) {
        try_it(&whole[..end]);
    }
    for at in (0..whole.len()).step_by(5) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        try_it(&damaged);
    }
}
