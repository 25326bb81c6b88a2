//! Heads of state dicts, and what else in them has the classes: every layout is one that somebody had.

mod copies;
mod dict;
mod known;
mod places;
mod squares;

use declass::cut::Choice;
use declass::head::Hints;
use dict::Dict;
use serde_json::json;

fn names(found: &[&str]) -> Vec<String> {
    found.iter().map(|name| (*name).to_owned()).collect()
}

fn trunk() -> Dict {
    Dict::new().linear("backbone1", 64, 16)
}

#[test]
fn a_known_class_of_the_library_has_the_head_that_the_library_loads() {
    let resnet = Dict::new().hf("ResNetForImageClassification", 10).linear("classifier.1", 10, 64);
    resnet.is_found("classifier.1.weight");
    let decoy =
        resnet.clone().linear("score", 10, 64).linear("classifier", 10, 64).tensor("temperature", &[10]);
    let (head, untouched) = decoy.head(&[]);
    assert_eq!(head, "classifier.1.weight");
    let listed = [
        "matrix `classifier.weight` [10, 64]",
        "matrix `score.weight` [10, 64]",
        "tensor `temperature` [10]",
    ];
    assert_eq!(untouched, listed);
    let named = decoy.locate(&["score"]).unwrap();
    assert_eq!(named.why.choice, Choice::Instead("classifier.1".into()));
    assert!(named.untouched.iter().any(|it| it.name == "classifier.1.weight"));
    let without = Dict::new().hf("ResNetForImageClassification", 10).linear("score", 10, 64);
    without.is_refused(&[], "loads `classifier.1.weight` as its head, and there is none");
    assert_eq!(without.head(&["score"]).0, "score.weight");
    let llama = Dict::new().hf("LlamaForSequenceClassification", 10).tensor("score.weight", &[10, 64]);
    llama.linear("classifier", 10, 64).hf("LlamaForSequenceClassification", 10).head(&[]);
}

#[test]
fn heads_whose_mean_the_library_takes_stay_together() {
    let deit = Dict::new().hf("DeiTForImageClassificationWithTeacher", 10);
    let deit = deit.linear("cls_classifier", 10, 64).linear("distillation_classifier", 10, 64);
    for heads in [&[][..], &["distillation_classifier"]] {
        let cut = deit.locate(heads).unwrap();
        assert_eq!((cut.head.branches.len(), cut.why.choice), (2, Choice::Located));
    }
}

#[test]
fn the_code_that_a_model_brings_is_said() {
    let map =
        json!({"auto_map": {"AutoModel": "org/other--modeling_x.Net", "AutoConfig": "configuration_x.C"}});
    let model = Dict::new().hf_with("ResNetForImageClassification", 10, map).linear("classifier.1", 10, 64);
    let (head, untouched) = model.head(&[]);
    assert_eq!(head, "classifier.1.weight");
    assert_eq!(untouched, ["file `configuration_x.py`", "file `org/other--modeling_x.py`"]);
}

#[test]
fn timm_is_believed_where_the_file_says_the_same() {
    let timm = |name: &str| {
        let config = json!({"architecture": "x", "num_classes": 10, "pretrained_cfg": {"classifier": name}});
        trunk().linear("backbone2", 10, 64).linear("head", 10, 10).config(&config)
    };
    timm("head").is_found("head.weight");
    timm("backbone2").is_refused(&[], "`pretrained_cfg.classifier` names `backbone2`");
    let cut = timm("backbone2").locate(&["backbone2"]).unwrap();
    assert!(matches!(cut.why.choice, Choice::Undecided(_)));
}

#[test]
fn a_second_head_is_a_question_until_heads_are_named() {
    let pairs =
        [("head.fc", "fc"), ("exit1.fc", "exit2.fc"), ("exits.0.linear", "exits.1.linear"), ("fc", "ema.fc")];
    for (first, second) in pairs {
        let model = trunk().linear(first, 10, 64).linear(second, 10, 64);
        for model in
            [model.clone(), model.clone().hf("Net", 10), model.clone().config(&json!({"num_classes": 10}))]
        {
            let mut candidates = model.candidates();
            candidates.sort();
            let mut expected = [format!("{first}.weight [10, 64]"), format!("{second}.weight [10, 64]")];
            expected.sort();
            assert_eq!(candidates, expected);
            let (head, untouched) = model.head(&[first]);
            assert_eq!((head, untouched.len()), (format!("{first}.weight"), 1), "{untouched:?}");
            let both = model.locate(&[first, second]).unwrap();
            assert!(both.untouched.is_empty());
            let again = model.locate(&[first, second, second, first]).unwrap();
            assert_eq!(again.why.notes, both.why.notes, "each is treated once");
            assert!(both.why.notes.iter().any(|note| note.contains(second)), "it loses the class, too");
        }
    }
    let other = trunk().linear("age", 8, 64).linear("gender", 2, 64);
    assert_eq!(other.candidates().len(), 2);
    other.is_refused(&["age", "gender"], "another class count");
}

#[test]
fn what_another_layer_reads_is_not_last() {
    trunk().linear("fc", 48, 64).linear("out", 10, 48).is_found("out.weight");
    trunk().linear("head", 48, 64).linear("fc", 10, 48).is_found("fc.weight");
    let face = trunk().tensor("last_linear.weight", &[32, 64]).norm("last_bn", 32).linear("logits", 100, 32);
    face.is_found("logits.weight");
    Dict::new().linear("fc1", 32, 48).linear("fc2", 24, 32).linear("fc3", 10, 24).is_found("fc3.weight");
    let layers = Dict::new().linear("layers.0", 32, 48).linear("layers.2", 24, 32).linear("layers.4", 10, 24);
    layers.is_found("layers.4.weight");
    layers.config(&json!({"num_classes": 10})).is_found("layers.4.weight");
    Dict::new().linear("linear1", 32, 48).linear("linear2", 10, 32).is_found("linear2.weight");
}

#[test]
fn a_dead_head_is_a_candidate_among_others() {
    let block = |model: Dict, at: usize| {
        let part = |part: &str| format!("module.v.blocks.{at}.{part}");
        let model = model.linear(&part("attn.qkv"), 72, 24).linear(&part("attn.proj"), 24, 24);
        model.linear(&part("mlp.fc1"), 96, 24).linear(&part("mlp.fc2"), 24, 96)
    };
    let ast =
        block(block(Dict::new(), 0), 1).linear("module.v.head", 30, 24).linear("module.mlp_head.1", 11, 24);
    let candidates = ["module.mlp_head.1.weight [11, 24]", "module.v.head.weight [30, 24]"];
    assert_eq!(ast.candidates(), candidates);
    assert_eq!(ast.head(&["mlp_head.1"]), ("module.mlp_head.1.weight".into(), vec![]));
    ast.config(&json!({"num_classes": 11})).is_found("module.mlp_head.1.weight");
    let same = block(block(Dict::new(), 0), 1).linear("v.head", 11, 24).linear("mlp_head.1", 11, 24);
    assert_eq!(same.candidates().len(), 2);
}

#[test]
fn an_encoder_as_wide_as_the_classes_is_no_second_head() {
    let mut net = Dict::new().config(&json!({"num_classes": 64})).linear("fc", 64, 256);
    for at in 0..3 {
        net = net
            .tensor(&format!("layer1.{at}.conv1.weight"), &[64, 256, 1, 1])
            .norm(&format!("layer1.{at}.bn1"), 64);
        net = net.tensor(&format!("layer1.{at}.conv2.weight"), &[64, 64, 3, 3]);
    }
    assert_eq!(net.head(&[]).0, "fc.weight");
    let fire = |at: usize| format!("features.{at}.expand1x1.weight");
    let squeeze = Dict::new().tensor(&fire(8), &[192, 64, 1, 1]).tensor(&fire(9), &[192, 64, 1, 1]);
    squeeze.tensor("classifier.1.weight", &[64, 384, 1, 1]).is_found("classifier.1.weight");
    // As many filters as classes, as in the first network of many.
    let lenet = Dict::new().tensor("conv1.weight", &[10, 1, 5, 5]).tensor("conv1.bias", &[10]);
    let lenet = lenet.tensor("conv2.weight", &[20, 10, 5, 5]).tensor("conv2.bias", &[20]);
    lenet.linear("fc1", 50, 320).linear("fc2", 10, 50).is_found("fc2.weight");
}

#[test]
fn what_may_change_the_logits_stands_in_the_way() {
    let head = || trunk().linear("head", 10, 64);
    for (name, shape) in [
        ("scale", &[10][..]),
        ("bias2", &[1, 10]),
        ("gain.weight", &[10]),
        ("prototypes", &[10, 64]),
        ("mix", &[10, 10]),
    ] {
        let model = head().tensor(name, shape);
        model.is_refused(&[], &format!("`{name}` {shape:?} has a value per class"));
        let (weight, untouched) = model.head(&["head"]);
        assert_eq!((weight, untouched), ("head.weight".into(), vec![format!("tensor `{name}` {shape:?}")]));
    }
    // Neither are two alike a part of an encoder, where nothing reads so many values.
    head().tensor("scale1", &[10]).tensor("scale2", &[10]).is_refused(&[], "has a value per class");
    let heads =
        (0..3).fold(head(), |dict, at| dict.tensor(&format!("blocks.{at}.attn.temperature"), &[10, 1, 1]));
    heads.is_found("head.weight");
    for named in [&[][..], &["head"]] {
        head().norm("bn", 10).is_refused(named, "normalises the logits behind the head `head`");
    }
    let sequence =
        Dict::new().linear("classifier.1", 64, 16).linear("classifier.4", 10, 64).norm("classifier.5", 10);
    sequence.is_refused(&[], "normalises the logits");
    for name in ["criterion.weight", "loss_fct.pos_weight", "thresholds"] {
        let (_, untouched) = head().tensor(name, &[10]).head(&[]);
        assert_eq!(untouched, [format!("tensor `{name}` [10]")]);
    }
}

#[test]
fn angles_and_weights_that_are_computed_are_no_plain_head() {
    let angles = trunk().tensor("head.weight", &[10, 64]).floats("scale", &[1], &[16.0]);
    angles.is_refused(&[], "`scale` may scale what the head `head` makes");
    assert_eq!(angles.head(&["head"]).1, ["tensor `scale` [1]"]);
    let temperature = trunk().linear("head", 10, 64);
    temperature.clone().floats("temperature", &[1], &[1.5]).is_found("head.weight");
    temperature.floats("temperature", &[1], &[-1.5]).is_refused(&[], "`temperature` may scale");
    for parts in
        [["parametrizations.weight.original0", "parametrizations.weight.original1"], ["weight_g", "weight_v"]]
    {
        let [length, direction] = parts.map(|part| format!("fc.{part}"));
        let model = trunk().tensor(&length, &[10, 1]).tensor(&direction, &[10, 64]).tensor("fc.bias", &[10]);
        model.is_refused(&[], "is computed from several tensors");
        model.is_refused(&["fc"], "is computed from several tensors");
    }
}

#[test]
fn what_a_name_suggests_yields_to_a_count_or_a_name_by_hand() {
    // A Sequential behind a backbone, and a decoder behind one.
    let sequential =
        Dict::new().tensor("backbone.conv.weight", &[64, 3, 3, 3]).linear("classifier.1", 10, 64);
    sequential.is_found("classifier.1.weight");
    let decoder = Dict::new()
        .tensor("backbone.conv.weight", &[64, 3, 3, 3])
        .tensor("classifier.4.weight", &[10, 64, 1, 1]);
    decoder.is_refused(&[], "segmentation or detection");
    assert_eq!(decoder.head(&["classifier.4"]).0, "classifier.4.weight");
    // A class of one's own.
    let own = trunk().linear("classifier", 10, 64).hf("EmotionModel", 10);
    assert!(own.locate(&[]).unwrap().why.confidence <= 0.6);
    trunk().linear("dense", 64, 64).hf("BertModel", 10).is_refused(&[], "backbone or embedding model");
    // Weights that are packed, and a head that is not.
    let packed = |model: Dict| {
        model.bytes("layer.qweight", "I32", &[8, 64], vec![1; 2048]).hf_with(
            "LlamaForSequenceClassification",
            10,
            json!({"quantization_config": {"quant_method": "gptq"}}),
        )
    };
    packed(Dict::new().tensor("score.weight", &[10, 64])).is_found("score.weight");
    packed(Dict::new()).is_refused(&[], "quantised");
    let integers =
        Dict::new().bytes("score.weight", "I8", &[10, 64], vec![1; 640]).tensor("score.SCB", &[10]);
    packed(integers).is_refused(&[], "quantised");
}

#[test]
fn wrappers_do_not_hide_a_head() {
    for name in [
        "backbone.fc",
        "resnet.fc",
        "model.model.fc",
        "base_model.classifier.1",
        "_fc",
        "out_layer",
        "net.fc",
    ] {
        trunk().linear(name, 10, 64).is_found(&format!("{name}.weight"));
    }
}

#[test]
fn an_adapter_with_a_head_is_a_classifier() {
    let lora = |task: &str| {
        let model = Dict::new().file("adapter_config.json", &json!({"peft_type": "LORA", "task_type": task}));
        let model = model.tensor("base_model.model.model.layers.0.q_proj.lora_A.weight", &[2, 16]);
        let model = model.tensor("base_model.model.model.layers.0.q_proj.lora_B.weight", &[16, 2]);
        model.tensor("base_model.model.score.weight", &[6, 16])
    };
    let written = lora("SEQ_CLS").adapter();
    let cut = declass::cut::Cut::locate(&written.artifact, &Hints::default()).unwrap();
    assert_eq!(cut.head.branches[0].weight.tensor, "base_model.model.score.weight");
    assert!(written.artifact.files().iter().any(|file| file.path.as_str() == "adapter_config.json"));
    let other = lora("CAUSAL_LM").adapter();
    let error = declass::cut::Cut::locate(&other.artifact, &Hints::default()).unwrap_err();
    assert!(error.to_string().contains("adapter for another task"), "{error}");
    // The whole of a wrapped model: what is replaced loses the class, too.
    let wrapped = Dict::new().hf("LlamaForSequenceClassification", 6);
    let wrapped = wrapped.tensor("base_model.model.score.modules_to_save.default.weight", &[6, 16]);
    let cut = wrapped.tensor("base_model.model.score.original_module.weight", &[6, 16]).locate(&[]).unwrap();
    assert_eq!(cut.head.branches[0].weight.tensor, "base_model.model.score.modules_to_save.default.weight");
    assert!(cut.why.notes.iter().any(|note| note.contains("original_module")) && cut.untouched.is_empty());
}

#[test]
fn candidates_come_with_their_extents() {
    assert_eq!(
        trunk().linear("a", 10, 64).linear("b", 7, 64).candidates(),
        names(&["a.weight [10, 64]", "b.weight [7, 64]"])
    );
}
