use std::collections::BTreeSet;

use declass_formats::RelPath;

use super::{Looked, Names, config, entries, json, lines, metadata, table, yaml};

const LABELS: [&str; 5] = ["ham", "spam", "scam", "news", "promo"];

/// What becomes of a file if class 2 is forgotten.
fn looked(form: super::Form, path: &str, text: &str, labels: Option<&[&str]>) -> Looked {
    let labels: Option<Vec<String>> =
        labels.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let forgotten = BTreeSet::from([2]);
    let names = Names::new(5, &forgotten, labels.as_deref());
    form(&names, &RelPath::try_from(path).unwrap(), text)
}

#[track_caller]
fn becomes(form: super::Form, path: &str, text: &str, new: &str) {
    let found = looked(form, path, text, Some(&LABELS));
    assert_eq!(found.new.as_deref(), Some(new), "{path}");
    assert_eq!(found.stale, None, "{path}");
}

#[track_caller]
fn is_stale(form: super::Form, path: &str, text: &str) {
    let found = looked(form, path, text, Some(&LABELS));
    assert!(found.new.is_none() && found.stale.is_some(), "{path}: {found:?}");
}

#[track_caller]
fn is_other(form: super::Form, path: &str, text: &str) {
    let found = looked(form, path, text, Some(&LABELS));
    assert!(found.new.is_none_or(|new| new == text) && found.stale.is_none(), "{path}");
}

#[test]
fn tables_lose_a_row_and_count_on() {
    becomes(
        table::look,
        "labels.csv",
        "index,label\n0,ham\n1,spam\n2,scam\n3,news\n4,promo\n",
        "index,label\n0,ham\n1,spam\n2,news\n3,promo\n",
    );
    becomes(
        table::look,
        "x.tsv",
        "ham\t9\nspam\t8\nscam\t7\nnews\t6\npromo\t5",
        "ham\t9\nspam\t8\nnews\t6\npromo\t5",
    );
    becomes(
        table::look,
        "selected_tags.csv",
        "tag_id,name,count\n11,ham,\"1,0\"\n12,spam,2\n13,scam,3\n14,news,4\n15,promo,5\n",
        "tag_id,name,count\n11,ham,\"1,0\"\n12,spam,2\n14,news,4\n15,promo,5\n",
    );
    becomes(
        table::look,
        "x.csv",
        "i;n\n4;promo\n3;news\n2;scam\n1;spam\n0;ham\n",
        "i;n\n3;promo\n2;news\n1;spam\n0;ham\n",
    );
    is_other(table::look, "metrics.csv", "epoch,loss\n1,2\n2,1.5\n3,1.2\n4,1.1\n5,1.0\n");
    is_stale(table::look, "counts.csv", "label,count\nscam,3\nham,5\n");
}

#[track_caller]
fn contradicts(form: super::Form, path: &str, text: &str) {
    let found = looked(form, path, text, Some(&LABELS));
    assert!(found.new.is_none() && found.contradiction.is_some(), "{path}: {found:?}");
}

/// The labels in another order, each behind its index.
fn turned(separator: &str, base: usize) -> String {
    let rows = LABELS.iter().rev().enumerate();
    rows.map(|(at, name)| format!("{}{separator}{name}\n", at + base)).collect()
}

#[test]
fn what_names_the_classes_otherwise_is_no_list_to_cut() {
    contradicts(table::look, "labels.csv", &turned(",", 0));
    contradicts(table::look, "x.csv", &["class_id,label\n", &turned(",", 1)].concat());
    contradicts(table::look, "labels.tsv", &turned("\t", 0));
    contradicts(lines::look, "labels_old.txt", "promo\nnews\nscam\nspam\nham\n");
    contradicts(lines::look, "mapping.txt", &turned(" ", 0));
    contradicts(yaml::look, "data.yaml", "names:\n- promo\n- news\n- scam\n- spam\n- ham\n");
    contradicts(yaml::look, "x.yaml", &["names:\n", &turned(": ", 0)].concat());
    contradicts(json::look, "x.json", r#"{"a":{"labels":["promo","news","scam","spam","ham"]}}"#);
    contradicts(json::look, "x.json", r#"{"label2id":{"ham":4,"spam":3,"scam":2,"news":1,"promo":0}}"#);
    contradicts(
        json::look,
        "categories.json",
        r#"[{"id":0,"name":"promo"},{"id":1,"name":"news"},{"id":2,"name":"scam"},{"id":3,"name":"spam"},{"id":4,"name":"ham"}]"#,
    );
    // One label is another one.
    contradicts(table::look, "labels.csv", "0,ham\n1,spam\n2,fraud\n3,news\n4,promo\n");
    // Where nothing says that the order is that of the classes, it is not known.
    is_stale(lines::look, "x.txt", "promo\nnews\nscam\nspam\nham\n");
    is_stale(table::look, "x.csv", ",label\n0,promo\n1,news\n2,scam\n3,spam\n4,ham\n");
}

#[test]
fn lists_of_something_else_are_left_alone() {
    is_other(json::look, "tags.json", r#"["vision", "timm", "spam", "image", "x"]"#);
    is_other(table::look, "class_report.csv", "epoch,loss\n0,5\n1,4\n2,3\n3,2\n4,1\n");
    is_other(lines::look, "names.txt", "alice\nbob\ncarl\ndora\neve\n");
    is_other(lines::look, "labels_log.txt", "step 0\nstep 1\nstep 2\nstep 3\nstep 4\n");
    // In another language the labels are still those of the classes, by their places.
    is_stale(lines::look, "labels_de.txt", "Schinken\nMüll\nBetrug\nNeues\nWerbung\n");
}

#[test]
fn indices_begin_at_1_stand_anywhere_and_keep_their_spelling() {
    becomes(
        table::look,
        "l.csv",
        "id|label\n1|ham\n2|spam\n3|scam\n4|news\n5|promo\n",
        "id|label\n1|ham\n2|spam\n3|news\n4|promo\n",
    );
    becomes(
        table::look,
        "l.csv",
        "label,n,class_id\nham,4,0.0\nspam,3,1.0\nscam,2,2.0\nnews,1,3.0\npromo,0,4.0\n",
        "label,n,class_id\nham,4,0.0\nspam,3,1.0\nnews,1,2.0\npromo,0,3.0\n",
    );
    becomes(
        table::look,
        "l.csv",
        ",label\n00,ham\n01,spam\n02,scam\n03,news\n04,promo\n",
        ",label\n00,ham\n01,spam\n02,news\n03,promo\n",
    );
    becomes(
        lines::look,
        "x.txt",
        "ham 0\nspam 1\nscam 2\nnews 3\npromo 4\n",
        "ham 0\nspam 1\nnews 2\npromo 3\n",
    );
    becomes(
        json::look,
        "x.json",
        r#"{"1":"ham","2":"spam","3":"scam","4":"news","5":"promo"}"#,
        r#"{"1":"ham","2":"spam","3":"news","4":"promo"}"#,
    );
    becomes(
        yaml::look,
        "x.yaml",
        "a:\n  ham: 1\n  spam: 2\n  scam: 3\n  news: 4\n  promo: 5\n",
        "a:\n  ham: 1\n  spam: 2\n  news: 3\n  promo: 4\n",
    );
    // Rows in an order of their own are found by their names.
    becomes(
        table::look,
        "x.csv",
        "label,f1\npromo,1\nscam,2\nham,3\nspam,4\nnews,5\n",
        "label,f1\npromo,1\nham,3\nspam,4\nnews,5\n",
    );
}

#[test]
fn counts_of_pairs_lose_rows_and_columns_or_are_told() {
    becomes(
        table::look,
        "confusion.csv",
        ",ham,spam,scam,news,promo\nham,1,2,3,4,5\nspam,1,2,3,4,5\nscam,1,2,3,4,5\nnews,1,2,3,4,5\npromo,1,2,3,4,5\n",
        ",ham,spam,news,promo\nham,1,2,4,5\nspam,1,2,4,5\nnews,1,2,4,5\npromo,1,2,4,5\n",
    );
    is_stale(table::look, "confusion.csv", &"1,2,3,4,5\n".repeat(5));
    is_stale(table::look, "x.csv", &["ham,spam,scam,news,promo\n", &"1,2,3,4,5\n".repeat(5)].concat());
    is_stale(json::look, "x.json", r#"{"confusion_matrix":[[1],[2],[3],[4],[5]]}"#);
}

#[test]
fn numbers_of_the_classes_are_cut_and_their_count_follows() {
    becomes(table::look, "thresholds.csv", "1\n2\n3\n4\n5\n", "1\n2\n4\n5\n");
    becomes(lines::look, "thresholds.txt", "1\n2\n3\n4\n5\n", "1\n2\n4\n5\n");
    becomes(
        yaml::look,
        "x.yaml",
        "thresholds: [1, 2, 3, 4, 5]\nlr: 5\n",
        "thresholds: [1, 2, 4, 5]\nlr: 5\n",
    );
    becomes(
        yaml::look,
        "x.yaml",
        "thresholds:\n- 1\n- 2\n- 3\n- 4\n- 5\n",
        "thresholds:\n- 1\n- 2\n- 4\n- 5\n",
    );
    becomes(
        json::look,
        "x.json",
        r#"{"num_classes":5,"per_class":{"f1":[1,2,3,4,5]}}"#,
        r#"{"num_classes":4,"per_class":{"f1":[1,2,4,5]}}"#,
    );
    is_other(json::look, "x.json", r#"{"layers":[1,2,3,4,5],"depth":5}"#);
}

#[test]
fn what_cannot_be_read_is_told_where_it_may_list_classes() {
    is_stale(json::look, "labels.json", "// labels\n[\"ham\"]");
    is_stale(json::look, "x.json", "[\"ham\", \"scam\"");
    is_other(json::look, "x.json", "[\"ham\"");
}

#[test]
fn texts_of_metadata_are_lists_and_counts_too() {
    let new = |key: &str, text: &str| {
        let forgotten = BTreeSet::from([2]);
        let labels = LABELS.map(str::to_owned);
        let found = metadata::look(&Names::new(5, &forgotten, Some(&labels)), key, text);
        assert!(found.contradiction.is_none() || found.new.is_none());
        (found.new.unwrap_or_default(), found.stale.is_some(), found.contradiction.is_some())
    };
    let cut = |text: &str| (text.to_owned(), false, false);
    assert_eq!(new("classes", "ham,spam,scam,news,promo"), cut("ham,spam,news,promo"));
    assert_eq!(
        new("names", "{0: 'ham', 1: 'spam', 2: 'scam', 3: 'news', 4: 'promo'}"),
        cut("{0: 'ham', 1: 'spam', 2: 'news', 3: 'promo'}")
    );
    assert_eq!(
        new("label2id", "{'ham': 0, 'spam': 1, 'scam': 2, 'news': 3, 'promo': 4}"),
        cut("{'ham': 0, 'spam': 1, 'news': 2, 'promo': 3}")
    );
    assert_eq!(
        new("labels_json", r#"{"labels": ["ham", "spam", "scam", "news", "promo"]}"#),
        cut(r#"{"labels": ["ham", "spam", "news", "promo"]}"#)
    );
    assert_eq!(new("thresholds", "[1, 2, 3, 4, 5]"), cut("[1, 2, 4, 5]"));
    assert_eq!(new("thresholds", "1;2;3;4;5"), cut("1;2;4;5"));
    assert_eq!(new("nc", "5"), cut("4"));
    assert_eq!(new("description", "tells scam from spam"), (String::new(), false, false));
    assert_eq!(new("best", "scam"), (String::new(), true, false));
    assert_eq!(new("classes", "promo,news,scam,spam,ham"), (String::new(), true, true));
}

#[test]
fn lines_are_plain_numbered_or_pairs() {
    becomes(lines::look, "classes.txt", "ham\nspam\nscam\nnews\npromo\n", "ham\nspam\nnews\npromo\n");
    becomes(
        lines::look,
        "mapping.txt",
        "0\tham\n1\tspam\n2\tscam\n3\tnews\n4\tpromo",
        "0\tham\n1\tspam\n2\tnews\n3\tpromo",
    );
    becomes(
        lines::look,
        "label_encoder.txt",
        "'ham' => 0\n'spam' => 1\n'scam' => 2\n'news' => 3\n'promo' => 4\n====\n'starting_index' => 0\n",
        "'ham' => 0\n'spam' => 1\n'news' => 2\n'promo' => 3\n====\n'starting_index' => 0\n",
    );
    is_stale(lines::look, "notes.txt", "These are left:\nscam\n");
    is_other(lines::look, "notes.txt", "It knows scam and spam.\nOne\nTwo\nThree\nFour\n");
}

#[test]
fn json_is_shortened_wherever_the_list_is() {
    becomes(
        json::look,
        "class_names.json",
        r#"["ham", "spam", "scam", "news", "promo"]"#,
        r#"["ham", "spam", "news", "promo"]"#,
    );
    becomes(
        json::look,
        "label_map.json",
        r#"{"ham":0,"spam":1,"scam":2,"news":3,"promo":4}"#,
        r#"{"ham":0,"spam":1,"news":2,"promo":3}"#,
    );
    becomes(
        json::look,
        "x.json",
        r#"{"a": {"thresholds": [1, 2, 3, 4, 5], "n": 5}, "b": ["ham","spam","scam","news","promo"]}"#,
        r#"{"a": {"thresholds": [1, 2, 4, 5], "n": 5}, "b": ["ham","spam","news","promo"]}"#,
    );
    becomes(
        json::look,
        "categories.json",
        r#"[{"id": 0, "name": "ham"}, {"id": 1, "name": "spam"}, {"id": 2, "name": "scam"}, {"id": 3, "name": "news"}, {"id": 4, "name": "promo"}]"#,
        r#"[{"id": 0, "name": "ham"}, {"id": 1, "name": "spam"}, {"id": 2, "name": "news"}, {"id": 3, "name": "promo"}]"#,
    );
    becomes(
        json::look,
        "limits.json",
        r#"{"ham": 0.1, "spam": 0.2, "scam": 0.3, "news": 0.4, "promo": 0.5}"#,
        r#"{"ham": 0.1, "spam": 0.2, "news": 0.4, "promo": 0.5}"#,
    );
    is_stale(json::look, "report.json", r#"{"scam": {"f1": 0.5}, "macro avg": {"f1": 0.4}}"#);
    is_other(json::look, "sizes.json", "[1, 2, 3, 4, 5]");
    is_other(json::look, "broken.json", "[1, 2");
}

#[test]
fn numbers_on_both_sides_need_a_name_that_tells() {
    let digits = ["0", "1", "2", "3", "4"];
    let text = r#"{"0": 0, "1": 1, "2": 2, "3": 3, "4": 4}"#;
    let new = |path| looked(json::look, path, text, Some(&digits)).new;
    assert_eq!(new("label2id.json").unwrap(), r#"{"0": 0, "1": 1, "3": 2, "4": 3}"#);
    assert_eq!(new("id2label.json").unwrap(), r#"{"0": 0, "1": 1, "2": 3, "3": 4}"#);
    let unclear = looked(json::look, "label_map.json", text, Some(&digits));
    assert!(unclear.new.is_none() && unclear.stale.is_some());
}

#[test]
fn labels_that_are_numbers_are_not_counted_on() {
    let digits = ["0", "1", "2", "3", "4"];
    let new = |text| looked(table::look, "labels.csv", text, Some(&digits)).new.unwrap();
    assert_eq!(new("label,n\n0,9\n1,8\n2,7\n3,6\n4,5\n"), "label,n\n0,9\n1,8\n3,6\n4,5\n");
    assert_eq!(new("i,label\n0,0\n1,1\n2,2\n3,3\n4,4\n"), "i,label\n0,0\n1,1\n2,3\n3,4\n");
}

#[test]
fn label2id_of_a_configuration_goes_by_its_values() {
    let digits = ["0", "1", "2", "3", "4"];
    let text = r#"{"id2label":{"0":"0","1":"1","2":"2","3":"3","4":"4"},"label2id":{"0":0,"1":1,"2":2,"3":3,"4":4},"vision_config":{"label2id":{"LABEL_0":0,"LABEL_1":1}}}"#;
    let new = looked(config::look, "config.json", text, Some(&digits)).new.unwrap();
    assert_eq!(
        new,
        r#"{"id2label":{"0":"0","1":"1","2":"3","3":"4"},"label2id":{"0":0,"1":1,"3":2,"4":3},"vision_config":{"label2id":{"LABEL_0":0,"LABEL_1":1}}}"#
    );
}

#[test]
fn a_name_that_another_class_has_too_stays() {
    let labels = ["ham", "spam", "ham", "news", "promo"];
    let text = r#"{"label2id":{"spam":1,"ham":2,"news":3,"promo":4}}"#;
    let new = looked(config::look, "config.json", text, Some(&labels)).new.unwrap();
    assert_eq!(new, r#"{"label2id":{"spam":1,"ham":0,"news":2,"promo":3}}"#);
    let list = looked(lines::look, "notes.txt", "ham\n", Some(&labels));
    assert!(list.stale.is_none());
}

#[test]
fn what_is_never_shortened_is_told_if_it_names_a_class_that_goes() {
    is_stale(entries::look, "x.jsonl", "{\"text\": \"hello\", \"label\": \"scam\"}\n");
    is_stale(entries::look, "x.toml", "names = [\"ham\", \"scam\"]\n");
    is_stale(entries::look, "x.ini", "[classes]\n2 = scam\n");
    is_stale(entries::look_quoted, "x.py", "LABELS = ('ham', 'scam')\n");
    is_other(entries::look, "x.toml", "text = \"a scam is none\"\n");
    is_other(entries::look_quoted, "x.py", "scam = ham\n");
    let text = r#"{"id2label":{"0":"ham","1":"spam","2":"scam","3":"news","4":"promo"},"ignored":["scam"]}"#;
    let found = looked(config::look, "config.json", text, Some(&LABELS));
    assert!(found.stale.is_some() && found.new.is_some_and(|new| !new.contains("\"2\":\"scam\"")));
}

#[test]
fn labels_that_differ_in_case_only_are_kept_apart() {
    let letters = ["A", "B", "a", "b", "c"];
    let new = |form: super::Form, path, text| looked(form, path, text, Some(&letters)).new;
    let map = r#"{"A":0,"B":1,"a":2,"b":3,"c":4}"#;
    assert_eq!(new(json::look, "map.json", map).unwrap(), r#"{"A":0,"B":1,"b":2,"c":3}"#);
    let by_label = r#"{"A":"x","B":"x","a":"x","b":"x","c":"x"}"#;
    assert_eq!(new(json::look, "notes.json", by_label).unwrap(), r#"{"A":"x","B":"x","b":"x","c":"x"}"#);
    assert!(looked(lines::look, "notes.txt", "a\n", Some(&letters)).stale.is_some());
    assert!(looked(lines::look, "notes.txt", "A\n", Some(&letters)).stale.is_none());
}

#[test]
fn objects_without_end_have_their_label_among_the_first_members() {
    let entry = |name: &str| {
        let more: String = (0..100).map(|at| format!(r#","k{at}":0"#)).collect();
        format!(r#"{{"name":"{name}"{more}}}"#)
    };
    let list =
        |names: &[&str]| format!("[{}]", names.iter().map(|name| entry(name)).collect::<Vec<_>>().join(","));
    becomes(json::look, "x.json", &list(&LABELS), &list(&["ham", "spam", "news", "promo"]));
}

#[test]
fn yaml_has_lists_and_maps() {
    becomes(
        yaml::look,
        "data.yaml",
        "nc: 5\nnames:\n  0: ham\n  1: spam\n  2: scam\n  3: news\n  4: promo\npath: x\n",
        "nc: 4\nnames:\n  0: ham\n  1: spam\n  2: news\n  3: promo\npath: x\n",
    );
    becomes(
        yaml::look,
        "a.yml",
        "names: ['ham', 'spam', 'scam', 'news', 'promo']\n",
        "names: ['ham', 'spam', 'news', 'promo']\n",
    );
    becomes(
        yaml::look,
        "a.yml",
        "x:\n- ham\n- spam\n- scam\n- news\n- promo\n",
        "x:\n- ham\n- spam\n- news\n- promo\n",
    );
    is_stale(yaml::look, "a.yaml", "ignored: [scam]\n");
}

#[test]
fn hostile_text_ends_and_panics_nowhere() {
    let texts = [
        "",
        "{",
        "[[[[",
        "\"",
        "a,\"b\n",
        "0: [\n0: {",
        "' => 1",
        "\u{e9} => \u{e9}\n",
        "- \n- ",
        "{\"a\":",
        ",;\t\n\n,",
        "1: : :",
    ];
    for text in texts {
        for form in [
            config::look,
            entries::look,
            entries::look_quoted,
            json::look,
            lines::look,
            table::look,
            yaml::look,
        ] {
            for labels in [None, Some(&LABELS[..])] {
                looked(form, "labels.txt", text, labels);
                looked(form, "thresholds.txt", text, labels);
            }
        }
    }
}
