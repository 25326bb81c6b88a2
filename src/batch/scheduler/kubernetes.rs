//! A Kubernetes Job whose indices are the shards of a plan.

use serde_json::json;

/// Where models, plan and releases lie for all pods.
#[derive(Clone, Copy, Debug)]
pub struct Volume<'a> {
    /// The persistent volume claim, which all pods may write to.
    pub claim: &'a str,
    /// The plan, from the top of the volume.
    pub plan: &'a str,
}

/// Where the volume is in a pod.
const MOUNTED: &str = "/fleet";
/// What is fetched from a hub: nothing else of a pod can be written to, and its image may have no home.
const CACHE: &str = "/fleet/.cache";
/// How often a pod that was killed or evicted is begun again: it goes on where it was.
const RETRIES: u32 = 6;

/// A Job with one pod for each shard, in JSON, which is YAML as well. Exit codes of `declass` are answers: such a pod is not
/// begun again, and the others go on. Needs Kubernetes 1.29.
#[must_use]
pub fn kubernetes(volume: Volume<'_>, image: &str, shards: usize) -> String {
    // What looks like a variable in its name is none.
    let plan = format!("{MOUNTED}/{}", volume.plan.replace("$(", "$$("));
    let shard = format!("$(JOB_COMPLETION_INDEX)/{shards}");
    let job = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "declass", "labels": {"app.kubernetes.io/name": "declass"}},
        "spec": {
            "completionMode": "Indexed",
            "completions": shards,
            "parallelism": shards,
            "backoffLimitPerIndex": RETRIES,
            "maxFailedIndexes": shards,
            "podFailurePolicy": {"rules": [
                {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
                {"action": "FailIndex", "onExitCodes": {"containerName": "declass", "operator": "In", "values": [1, 2]}},
            ]},
            "template": {
                "metadata": {"labels": {"app.kubernetes.io/name": "declass"}},
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{
                        "name": "declass",
                        "image": image,
                        "args": ["batch", plan, "--shard", shard],
                        "env": [{"name": "HF_HOME", "value": CACHE}],
                        "resources": {"requests": {"cpu": "2", "memory": "2Gi"}},
                        "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true},
                        "volumeMounts": [
                            {"name": "fleet", "mountPath": MOUNTED},
                            {"name": "tmp", "mountPath": "/tmp"},
                        ],
                    }],
                    "volumes": [
                        {"name": "fleet", "persistentVolumeClaim": {"claimName": volume.claim}},
                        {"name": "tmp", "emptyDir": {}},
                    ],
                },
            },
        },
    });
    format!("{job:#}\n")
}
