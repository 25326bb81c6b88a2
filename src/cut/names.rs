//! What trained classifiers call their heads.

/// Module paths of heads, best first. `#` is a number, `|` separates alternatives of one component.
const HEADS: &[&str] = &[
    "score",
    "classifier",
    "classifier.out_proj",
    "classification_head.out_proj",
    "classifier.linear_out|dense|linear",
    "logits_proj",
    "sequence_summary.summary",
    "score.out_proj",
    "classifier.#",
    "heads.head",
    "head.fc.fc2",
    "head.fc",
    "head.linear|l|proj",
    "head.head.l",
    "head.classifier.#",
    "head",
    "fc|_fc",
    "last_linear",
    "classif",
    "cls_classifier",
    "classifier|head|mlp_head|fc.#",
    "classifier|head|fc.#.#",
    "heads.#",
    "cls_head|linear_head|linear|output|out|out_layer|logits|dense_out|prediction|predictions",
    "cls_head|linear_head|linear|output|out|logits|dense_out|prediction|predictions.fc|linear|out_proj|dense",
];

/// Second heads whose logits are averaged with the first one's.
const TWINS: &[&str] =
    &["classifier_distill", "cls_classifier", "dist_head", "distillation_classifier", "head_dist"];

/// Wrappers that training loops and adapters leave in front of every name.
const WRAPPERS: &[&str] = &["_orig_mod.", "module.", "timm_model.", "base_model.model."];

/// Wrappers that are only that in front of a head.
const HEAD_WRAPPERS: &[&str] = &["model.", "net.", "network.", "backbone.", "base_model.", "encoder."];

/// Parts of names of matrices that look up or route and do not classify.
const LOOKUPS: &[&str] = &[
    "bias_table",
    "cls_token",
    "embed",
    "lm_head",
    "mask_token",
    "patch",
    "position",
    "rel_pos",
    "relative",
    "router",
    "token_type",
    "tokens",
    "wpe",
    "wte",
];

/// Parts of names of what attention and recurrence compute from their inputs.
const INNER: &[&str] = &[
    "attention",
    "attn",
    "downsample",
    "gru",
    "in_proj",
    "k_proj",
    "key",
    "kv",
    "lstm",
    "q_proj",
    "qkv",
    "query",
    "rnn",
    "shortcut",
    "up_proj",
    "upsample",
    "v_proj",
    "value",
];

/// Parts of names of what makes classes.
const HEAD_WORDS: &[&str] = &["classif", "exit", "head", "logit", "predict", "score"];

/// Parts of names of tensors that losses and metrics keep per class. Not all that has a value per class is there:
/// priors may be added to the logits.
const FOR_TRAINING: &[&str] = &[
    "center",
    "centre",
    "class_count",
    "class_freq",
    "class_weight",
    "confusion",
    "confmat",
    "criterion",
    "loss",
    "metric",
    "num_",
    "pos_weight",
    "queue",
    "thresh",
];

/// Whether a path is a module or one of its parts.
pub(super) fn is_within(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The place of a module path in the table, 0 is best; `None` if it is not there.
pub(super) fn rank(module: &str) -> Option<usize> {
    HEADS.iter().position(|pattern| matches(module, pattern))
}

/// The name without what wraps the model.
pub(super) fn unwrapped(name: &str) -> &str {
    let mut rest = name;
    loop {
        let plain = WRAPPERS.iter().find_map(|wrapper| rest.strip_prefix(wrapper));
        let before_head = HEAD_WRAPPERS
            .iter()
            .find_map(|wrapper| rest.strip_prefix(wrapper))
            .filter(|inner| is_head_within_wrappers(inner));
        match plain.or(before_head) {
            Some(inner) => rest = inner,
            None => return rest,
        }
    }
}

fn is_head_within_wrappers(name: &str) -> bool {
    let mut rest = name;
    while let Some(inner) = HEAD_WRAPPERS.iter().find_map(|wrapper| rest.strip_prefix(wrapper)) {
        rest = inner;
    }
    matches!(rest.split('.').next(), Some("_fc" | "classifier" | "fc" | "head" | "score"))
}

/// The path of a module without what PEFT puts around the one that it trains in full.
pub(super) fn module(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('.').collect();
    if let Some(at) = parts.iter().position(|part| *part == "modules_to_save") {
        parts.drain(at..(at + 2).min(parts.len()));
    }
    parts.join(".")
}

/// Whether the tensor belongs to one adapter of PEFT, of which there may be several.
pub(super) fn is_of_adapter(tensor: &str) -> bool {
    tensor.split('.').any(|part| part == "modules_to_save")
}

pub(super) fn is_twin(module: &str) -> bool {
    module.split('.').any(|part| TWINS.contains(&part))
}

/// Whether the module is a head for training only, or what PEFT keeps of one that it replaced.
pub(super) fn is_auxiliary(module: &str) -> bool {
    module.split('.').any(|part| {
        let numbered =
            part.strip_prefix("aux").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
        numbered
            || part.starts_with("auxiliary")
            || matches!(part, "AuxLogits" | "aux_classifier" | "aux_head" | "original_module")
    })
}

pub(super) fn is_lookup(module: &str) -> bool {
    let lower = module.to_lowercase();
    // What encoder-decoders and CTRL call their word embeddings.
    let is_vocabulary = matches!(lower.rsplit('.').next(), Some("shared" | "w"));
    let has_part = LOOKUPS.iter().any(|part| lower.contains(part));
    is_vocabulary || has_part || lower.replace("gate_proj", "").contains("gate")
}

/// Whether the module is a low-rank change of another one.
pub(super) fn is_adapter(module: &str) -> bool {
    module.split('.').any(|part| part.starts_with("lora_"))
}

/// Whether the module is a part of attention or recurrence, whose results nothing need read as they are.
pub(super) fn is_inner(module: &str) -> bool {
    !says_head(module) && module.split('.').any(|part| INNER.iter().any(|word| part.contains(word)))
}

/// Whether the last words of the path are those for what makes classes.
pub(super) fn says_head(module: &str) -> bool {
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let lower = module.to_lowercase();
    let mut words = lower.rsplit('.').filter(|part| !is_number(part)).take(2).peekable();
    let last = words.peek().copied().unwrap_or_default();
    let last = last.trim_matches(|letter: char| letter == '_' || letter.is_ascii_digit());
    matches!(last, "cls" | "fc" | "out" | "output")
        || words.any(|word| HEAD_WORDS.iter().any(|part| word.contains(part)) && !word.contains("multihead"))
}

/// Whether a tensor of this name is only there for training or for measuring.
pub(super) fn is_for_training(name: &str) -> bool {
    let lower = name.to_lowercase();
    FOR_TRAINING.iter().any(|part| lower.contains(part))
}

/// The last number in the path: the index within a Sequential.
pub(super) fn last_index(module: &str) -> Option<usize> {
    module.rsplit('.').find_map(|part| part.parse().ok())
}

/// The path with its numbers blotted out, alike for all repetitions of a block.
pub(super) fn shape_of(module: &str) -> String {
    let parts = module.split('.').map(|part| if part.parse::<usize>().is_ok() { "#" } else { part });
    parts.collect::<Vec<_>>().join(".")
}

/// The same, where digits within words are blotted out, too.
pub(super) fn family(name: &str) -> String {
    let mut family = String::new();
    for letter in name.chars() {
        match letter.is_ascii_digit() {
            true if family.ends_with('#') => {}
            true => family.push('#'),
            false => family.push(letter),
        }
    }
    family
}

fn matches(module: &str, pattern: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = |(part, pattern): (&str, &str)| match pattern {
        "#" => is_number(part),
        _ => pattern.split('|').any(|alternative| alternative == part),
    };
    module.split('.').count() == pattern.split('.').count()
        && module.split('.').zip(pattern.split('.')).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifier_outranks_head_and_head_outranks_fc() {
        assert!(rank("classifier.out_proj") < rank("head.fc"));
        assert!(rank("head") < rank("fc"));
        assert_eq!(rank("classifier.7"), rank("classifier.12"));
        assert_eq!(rank("encoder.fc"), None);
    }

    #[test]
    fn wrappers_come_off() {
        assert_eq!(unwrapped("module._orig_mod.fc.weight"), "fc.weight");
        assert_eq!(unwrapped("model.fc.weight"), "fc.weight");
        assert_eq!(unwrapped("model.head_dist.weight"), "model.head_dist.weight");
        assert_eq!(unwrapped("model.layers.0.fc.weight"), "model.layers.0.fc.weight");
        assert_eq!(unwrapped("model.model.fc.weight"), "fc.weight");
        assert_eq!(module(unwrapped("base_model.model.score.modules_to_save.default")), "score");
    }

    #[test]
    fn words_of_heads_are_told_from_those_of_layers() {
        assert!(says_head("exit1.fc") && says_head("mlp_head.1") && says_head("net.out_2"));
        assert!(!says_head("layer1.fc1.proj") && !says_head("net.4"));
        assert!(is_inner("blocks.0.attn.qkv") && !is_inner("attention_head"));
        assert_eq!(family("layer12.3.conv1"), "layer#.#.conv#");
    }

    #[test]
    fn auxiliary_heads_are_told_from_words_that_begin_alike() {
        assert!(is_auxiliary("aux1.fc2") && is_auxiliary("AuxLogits.fc"));
        assert!(!is_auxiliary("auxin.fc"));
        assert!(is_auxiliary("score.original_module"));
    }
}
