use std::fs;

use super::*;

#[test]
fn a_table_of_texts_has_rows_and_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.csv");
    fs::write(&path, "premise,hypothesis,label\na,b,Entailment\n\"c\nd\",e,1\nf,g,\nh,i,owl\n").unwrap();
    let examples = open(&path, &["entailment", "neutral"], Modality::Texts).unwrap();
    assert_eq!(ids(&examples), [("0", Some(0)), ("1", Some(1))]);
    assert_eq!(reasons(&examples), ["2: it has no label"]);
    assert_eq!(examples.unknown_labels(), [("owl".to_owned(), 1)]);
    assert!(examples.notes()[0].contains("taken as indices, from 0"));
    let preparation = Preparation::open(&fixture("tokenizers/wordpiece"), None).unwrap();
    let chunk = examples.chunks(Some(&preparation), 9).next().unwrap().unwrap();
    assert_eq!(chunk.inputs.len(), 2);
    assert!(
        open(folder.path(), &["entailment", "neutral"], Modality::Texts).is_ok(),
        "the one table in a folder"
    );
}

#[test]
fn a_table_of_paths_reaches_files_beside_it_only() {
    let outer = tempfile::tempdir().unwrap();
    put(outer.path(), "secret.png", "rgb.png");
    let folder = outer.path().join("data");
    put(&folder, "in/a.png", "rgb.png");
    let line = |path: &str, label: u8| format!("{{\"file_name\": {path:?}, \"label\": {label}}}\n");
    let absolute = outer.path().join("secret.png");
    let lines = [
        line("in/a.png", 1),
        line("../secret.png", 0),
        line(absolute.to_str().unwrap(), 0),
        line("no.png", 0),
    ];
    fs::write(folder.join("metadata.jsonl"), lines.concat()).unwrap();
    let examples = open(&folder, &["a", "b"], Modality::Images).unwrap();
    assert_eq!(ids(&examples), [("in/a.png", Some(1))]);
    let reasons = reasons(&examples);
    assert!(
        reasons[0].ends_with("it lies outside of the folder")
            && reasons[1].ends_with("it lies outside of the folder")
    );
    assert!(reasons[2].contains("no.png: it cannot be found"), "{reasons:?}");
}

#[test]
fn columns_can_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.tsv");
    fs::write(&path, "what\tkind\tother\nx\t0\ty\n").unwrap();
    let names = labels(&["a", "b"]);
    let columns =
        Columns { content: Some("what".into()), second: Some("other".into()), label: Some("kind".into()) };
    let examples = Examples::open(&path, &Asked { columns, ..asked(&names, Modality::Texts) }).unwrap();
    assert_eq!(ids(&examples), [("0", Some(0))]);
    let wrong = Columns { content: Some("nothing".into()), ..Columns::default() };
    let error =
        Examples::open(&path, &Asked { columns: wrong, ..asked(&names, Modality::Texts) }).err().unwrap();
    assert!(error.to_string().contains("no column `nothing`; it has `what`, `kind`, `other`"), "{error}");
}

#[test]
fn inputs_that_are_ready_need_no_preparation() {
    use safetensors::{Dtype, serialize, tensor::TensorView};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.safetensors");
    let values: Vec<u8> = (0..6).flat_map(|value| (value as f32).to_le_bytes()).collect();
    let marks: Vec<u8> = [1_i64, 0, 1].iter().flat_map(|value| value.to_le_bytes()).collect();
    let write = |labels: &[usize]| {
        let x = TensorView::new(Dtype::F32, vec![3, 2], &values).unwrap();
        let y = TensorView::new(Dtype::I64, labels.to_vec(), &marks[..8 * labels.iter().product::<usize>()])
            .unwrap();
        fs::write(&path, serialize([("pixel_values", x), ("labels", y)], None).unwrap()).unwrap();
    };
    write(&[3]);
    let names = labels(&["a", "b"]);
    let without = Asked { modality: None, ..asked(&names, Modality::Images) };
    let examples = Examples::open(&path, &without).unwrap();
    assert!(examples.are_ready());
    assert_eq!(ids(&examples), [("0", Some(1)), ("1", Some(0)), ("2", Some(1))]);
    let chunk = examples.chunks(None, 9).next().unwrap().unwrap();
    let input = &chunk.inputs[1].1["pixel_values"];
    assert_eq!(
        (&input.shape[..], &input.values),
        (&[1, 2][..], &crate::inputs::value::Values::Float(vec![2.0, 3.0]))
    );
    write(&[2]);
    assert!(Examples::open(&path, &without).err().unwrap().to_string().contains("does not fit"));
    let error = Examples::open(folder.path(), &without).err().unwrap();
    assert!(error.to_string().contains("does not say what its inputs are made of"), "{error}");
}
