use serde_json::{Value, json};

use super::config::of_value;

fn names(config: Value) -> Vec<String> {
    of_value(&config).unwrap().unwrap().named.unwrap().names
}

fn refusal(config: Value) -> String {
    of_value(&config).unwrap_err().to_string()
}

#[test]
fn string_keys_are_sorted_as_numbers() {
    let labels: serde_json::Map<_, _> =
        (0..12).map(|n: usize| (n.to_string(), json!(format!("c{n}")))).collect();
    assert_eq!(names(json!({ "id2label": labels }))[10], "c10");
}

#[test]
fn the_keys_of_one_map_and_the_values_of_the_other_are_the_indices() {
    assert_eq!(names(json!({"id2label": {"0": 1, "1": 2, "2": 0}})), ["1", "2", "0"]);
    assert_eq!(names(json!({"label2id": {"1": 0, "2": 1, "0": 2}})), ["1", "2", "0"]);
    let both = json!({"id2label": {"0": 1, "1": 2, "2": 3}, "label2id": {"1": 0, "2": 1, "3": 2}});
    assert_eq!(names(both), ["1", "2", "3"]);
}

#[test]
fn both_places_of_a_contradiction_are_named() {
    let swapped = json!({"id2label": {"0": "a", "1": "b", "2": "c"}, "label2id": {"a": 0, "b": 2, "c": 1}});
    let said = refusal(swapped);
    assert!(said.contains("config.json `id2label`") && said.contains("config.json `label2id`"), "{said}");
    let counted = json!({"id2label": {"0": "a", "1": "b"}, "num_labels": 4});
    let said = refusal(counted);
    assert!(said.contains("`id2label` has 2 entries") && said.contains("`num_labels` says 4"), "{said}");
    let listed = json!({"id2label": {"0": "a", "1": "b"}, "label_names": ["b", "a"]});
    let said = refusal(listed);
    assert!(said.contains("`a` in config.json `id2label` and `b` in config.json `label_names`"), "{said}");
}

#[test]
fn what_timm_hands_on_is_held_against_the_rest() {
    let said = refusal(json!({"num_classes": 5, "model_args": {"num_classes": 4}}));
    assert!(
        said.contains("`num_classes` says 5") && said.contains("`model_args.num_classes` says 4"),
        "{said}"
    );
    let said = refusal(json!({"label_names": ["a", "b"], "model_args": {"num_classes": 4}}));
    assert!(said.contains("`label_names` says 2"), "{said}");
    let alone = json!({"architecture": "x", "model_args": {"num_classes": 4, "img_size": 64}});
    assert_eq!(of_value(&alone).unwrap().unwrap().count, 4);
    assert!(of_value(&json!({"num_classes": 4, "model_args": {"num_classes": 4}})).is_ok());
}

#[test]
fn defaults_of_libraries_and_two_classes_of_one_name_contradict_nothing() {
    let default =
        json!({"id2label": {"0": "a", "1": "b", "2": "c"}, "label2id": {"LABEL_0": 0, "LABEL_1": 1}});
    assert_eq!(names(default), ["a", "b", "c"]);
    let twice = json!({"id2label": {"0": "a", "1": "b", "2": "a"}, "label2id": {"b": 1, "a": 2}});
    assert_eq!(names(twice), ["a", "b", "a"]);
    let old = json!({"id2label": {"0": "a", "1": "b", "2": "c"}, "_num_labels": 2});
    assert_eq!(names(old), ["a", "b", "c"]);
}

#[test]
fn generic_names_give_way_to_real_ones() {
    let config = json!({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}, "label2id": {"no": 0, "yes": 1}});
    assert_eq!(names(config), ["no", "yes"]);
    assert_eq!(names(json!({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}})), ["LABEL_0", "LABEL_1"]);
}
