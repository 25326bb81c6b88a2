use std::fs;

use serde_json::{Value, json};

use super::{fixture, folder, json};
use crate::inputs::{
    preparation::{Content, Modality, Preparation},
    value::{Inputs, Values},
};

const NAMES: [&str; 3] = ["wordpiece", "byte-level", "unigram"];

fn row(inputs: &Inputs, key: &str) -> Value {
    let Values::Whole(values) = &inputs[key].values else { panic!("{key} is no whole number") };
    json!(values)
}

#[test]
fn ids_masks_and_types_are_those_of_transformers() {
    let expected = json("tokens.json");
    let sentences: Vec<&str> =
        expected["sentences"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    for name in NAMES {
        let preparation = Preparation::open(&fixture("tokenizers").join(name), None).unwrap();
        assert_eq!(preparation.modality(), Modality::Texts);
        let alone = sentences.iter().map(|text| (*text, None));
        let pairs =
            sentences.iter().zip(sentences.iter().rev()).map(|(first, second)| (*first, Some(*second)));
        for ((first, second), expected) in alone.chain(pairs).zip(expected[name]["rows"].as_array().unwrap())
        {
            if expected["input_ids"] == json!([]) {
                assert!(preparation.prepare(Content::Text(first, second)).is_err());
                continue;
            }
            let found = preparation.prepare(Content::Text(first, second)).unwrap();
            for key in ["input_ids", "attention_mask", "token_type_ids"] {
                assert_eq!(row(&found, key), expected[key], "{name} {key} {first:?} {second:?}");
            }
        }
        let some: Vec<Inputs> = sentences[..3]
            .iter()
            .map(|text| preparation.prepare(Content::Text(text, None)).unwrap())
            .collect();
        let batch = preparation.stack(&some.iter().collect::<Vec<_>>()).unwrap();
        for key in ["input_ids", "attention_mask", "token_type_ids"] {
            let rows: Vec<i64> =
                serde_json::from_value::<Vec<Vec<i64>>>(expected[name]["batch"][key].clone())
                    .unwrap()
                    .concat();
            assert_eq!(row(&batch, key), json!(rows), "{name} {key}");
            assert_eq!(batch[key].shape, [3, rows.len() / 3]);
        }
    }
}

#[test]
fn what_two_files_say_differently_is_refused() {
    let stored: Value =
        serde_json::from_slice(&fs::read(fixture("tokenizers/wordpiece/tokenizer.json")).unwrap()).unwrap();
    let refused = |settings: Value| {
        let folder = folder(&json!({"tokenizer.json": stored, "tokenizer_config.json": settings}));
        Preparation::open(folder.path(), None).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(refused(json!({"do_lower_case": true, "strip_accents": null})), "");
    assert!(refused(json!({"do_lower_case": false})).contains("`do_lower_case` of tokenizer_config.json"));
    assert!(refused(json!({"strip_accents": true})).contains("`strip_accents`"));
    let added = json!({"added_tokens_decoder": {"9999": {"content": "[NEW]"}}});
    assert!(refused(added).contains("adds the token `[NEW]`"));
    let begin = json!({"add_bos_token": false, "bos_token": "[CLS]"});
    assert!(refused(begin).contains("`add_bos_token`"));
}

#[test]
fn a_vocabulary_alone_is_refused_with_what_helps() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("vocab.txt"), "[PAD]\n").unwrap();
    let error = Preparation::open(folder.path(), None).err().unwrap();
    assert!(error.to_string().contains("it has `vocab.txt` and no tokenizer.json"), "{error}");
    assert!(error.hint().unwrap().contains("`save_pretrained` it once more"));
    fs::write(folder.path().join("tokenizer.json"), "{}").unwrap();
    assert!(
        Preparation::open(folder.path(), None)
            .err()
            .unwrap()
            .to_string()
            .contains("no tokenizer that can be read")
    );
}
