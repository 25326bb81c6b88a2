use std::fs;

use super::*;
use crate::progress::Silent;

#[test]
fn folders_are_classes_whatever_their_spelling() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "ankle_boot/b.png", "rgb.png");
    put(folder.path(), "ankle_boot/deeper/a.JPG", "jpeg-420.jpg");
    put(folder.path(), "T-Shirt/c.webp", "lossless.webp");
    put(folder.path(), "owl/d.png", "rgb.png");
    put(folder.path(), "stray.png", "rgb.png");
    fs::write(folder.path().join("T-Shirt/notes.pdf"), "x").unwrap();
    fs::write(folder.path().join("T-Shirt/.DS_Store"), "x").unwrap();
    let examples = open(folder.path(), &["t shirt", "Ankle boot"], Modality::Images).unwrap();
    assert_eq!(
        ids(&examples),
        [("T-Shirt/c.webp", Some(0)), ("ankle_boot/b.png", Some(1)), ("ankle_boot/deeper/a.JPG", Some(1))]
    );
    assert_eq!(examples.unknown_labels(), [("owl".to_owned(), 1)]);
    assert_eq!(
        reasons(&examples),
        [
            "T-Shirt/notes.pdf: files that end in `.pdf` are not read as pictures",
            "stray.png: it lies in no folder of a class"
        ]
    );
    assert_eq!(examples.counts().into_iter().collect::<Vec<_>>(), [(Some(0), 1), (Some(1), 2)]);
}

#[test]
fn pictures_without_folders_have_no_labels_and_parts_are_no_classes() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.png", "rgb.png");
    let examples = open(folder.path(), &["x", "y"], Modality::Images).unwrap();
    assert_eq!(ids(&examples), [("a.png", None)]);
    assert!(examples.notes()[0].contains("no labels"));
    put(folder.path(), "train/x/a.png", "rgb.png");
    let error = open(folder.path(), &["x", "y"], Modality::Images).err().unwrap().to_string();
    assert!(error.contains("`train` is a part of a data set"), "{error}");
    assert!(open(&folder.path().join("train"), &["x", "y"], Modality::Images).is_ok());
    assert!(open(folder.path(), &["x", "train"], Modality::Images).is_ok(), "it is a class of this model");
}

#[test]
fn chunks_hold_what_can_be_used_and_name_what_cannot() {
    let folder = tempfile::tempdir().unwrap();
    for (number, picture) in ["rgb.png", "small.png", "grey.png", "jpeg-420.jpg"].into_iter().enumerate() {
        put(folder.path(), &format!("a/{number}-{picture}"), picture);
    }
    fs::write(folder.path().join("a/9.png"), "no picture").unwrap();
    let model = tempfile::tempdir().unwrap();
    let preparation = preparation(model.path());
    let examples = open(folder.path(), &["a", "b"], Modality::Images).unwrap();
    let chunks: Vec<_> = examples.chunks(Some(&preparation), 3).map(Result::unwrap).collect();
    assert_eq!(chunks.iter().map(|chunk| chunk.inputs.len()).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(chunks[1].unusable[0].0, 4);
    assert_eq!(chunks[1].unusable[0].1.reason, "it is no picture that is known");
    let inputs: Vec<_> = chunks[0].inputs.iter().map(|(_, inputs)| inputs).collect();
    assert_eq!(preparation.stack(&inputs).unwrap()["pixel_values"].shape, [3, 3, 12, 12]);
    let rest: Vec<_> = examples.chunks_of(vec![3, 4], Some(&preparation), 9).map(Result::unwrap).collect();
    assert_eq!(rest[0].inputs[0], chunks[1].inputs[0]);
    let names = labels(&["a", "b"]);
    let strict =
        Examples::open(folder.path(), &Asked { strict: true, ..asked(&names, Modality::Images) }).unwrap();
    let last = strict.chunks(Some(&preparation), 3).last().unwrap().err().unwrap().to_string();
    assert!(last.contains("`a/9.png`: it is no picture"), "{last}");
}

#[test]
fn the_digest_is_of_names_classes_and_bytes_and_later_changes_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a/1.png", "rgb.png");
    put(folder.path(), "b/2.png", "grey.png");
    let fresh = || open(folder.path(), &["a", "b"], Modality::Images).unwrap();
    let digest = fresh().digest(&Silent);
    assert_eq!(digest, fresh().digest(&Silent));
    let swapped = open(folder.path(), &["b", "a"], Modality::Images).unwrap().digest(&Silent);
    assert_ne!(digest, swapped);
    let mut examples = fresh();
    examples.digest(&Silent);
    put(folder.path(), "b/2.png", "alpha.png");
    assert_ne!(digest, fresh().digest(&Silent));
    let model = tempfile::tempdir().unwrap();
    let preparation = preparation(model.path());
    let chunk = examples.chunks(Some(&preparation), 9).next().unwrap().unwrap();
    assert_eq!((chunk.inputs.len(), chunk.unusable.len()), (1, 1));
    assert_eq!(chunk.unusable[0].1.reason, "it has changed since it was read before");
}

#[test]
fn a_part_is_drawn_from_every_class_and_is_the_same_twice() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..20 {
        put(folder.path(), &format!("a/{number:02}.png"), "small.png");
    }
    for number in 0..4 {
        put(folder.path(), &format!("b/{number}.png"), "small.png");
    }
    let drawn = |seed| {
        let mut examples = open(folder.path(), &["a", "b"], Modality::Images).unwrap();
        examples.limit(6, seed);
        let ids: Vec<String> = examples.list().iter().map(|example| example.id.clone()).collect();
        assert_eq!(examples.counts().into_values().collect::<Vec<_>>(), [5, 1]);
        assert!(examples.notes().iter().any(|note| note.starts_with("6 of 24 examples were drawn")));
        assert!(ids.is_sorted());
        ids
    };
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
}

#[test]
fn sounds_and_texts_lie_in_folders_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("yes")).unwrap();
    fs::copy(fixture("sounds/bits-16.wav"), folder.path().join("yes/a.wav")).unwrap();
    fs::write(folder.path().join("yes/b.txt"), "good").unwrap();
    let sounds = open(folder.path(), &["no", "yes"], Modality::Sounds).unwrap();
    assert_eq!(ids(&sounds), [("yes/a.wav", Some(1))]);
    let texts = open(folder.path(), &["no", "yes"], Modality::Texts).unwrap();
    assert_eq!(ids(&texts), [("yes/b.txt", Some(1))]);
    let preparation = Preparation::open(&fixture("wav2vec2"), None).unwrap();
    let chunk = sounds.chunks(Some(&preparation), 1).next().unwrap().unwrap();
    assert_eq!(chunk.inputs[0].1["input_values"].shape, [1, 1600]);
}
