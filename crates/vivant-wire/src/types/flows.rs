//! Flows: what they are, their runs, the tasks that run them, alone or one after the other.

use super::{
    Connections, FlowId, FlowRunId, LinkedTaskId, Luid, Node, Out, Project, Read1, ReadError, Schedule, Site,
    Tags, TaskId, Timestamp, User, Write1,
};

element! {
    /// `flow`: a published flow of Tableau Prep.
    Flow {
        attr id: FlowId = "id";
        attr name: String = "name";
        attr description: String = "description";
        attr webpage_url: String = "webpageUrl";
        attr file_type: String = "fileType", "`tfl` or `tflx`.";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        one site: Site = "site";
        one project: Project = "project";
        one owner: User = "owner";
        one tags: Tags = "tags";
        one parameters: FlowParameters = "parameters";
        one connections: Connections = "connections", "In requests that publish.";
    }
}

element! {
    /// `flows`.
    Flows {
        many flow: Flow = "flow";
    }
}

element! {
    /// `parameters` of a flow.
    FlowParameters {
        many parameter: FlowParameter = "parameter";
    }
}

element! {
    /// `parameter` of a flow.
    FlowParameter {
        attr id: String = "id";
        attr parameter_type: String = "type";
        attr name: String = "name";
        attr description: String = "description";
        attr value: String = "value", "What it is without an override.";
        attr is_required: bool = "isRequired";
        one domain: FlowParameterDomain = "domain";
    }
}

element! {
    /// `domain` of a flow's parameter: what values it takes.
    FlowParameterDomain {
        attr domain_type: String = "domainType", "`any`, `list`, `range` or another kind.";
        attr min_value: String = "minValue";
        attr max_value: String = "maxValue";
        attr step_size: String = "stepSize";
        attr date_value_increment: String = "dateValueIncrement";
        one values: FlowParameterValues = "values";
    }
}

element! {
    /// `values` that a flow's parameter takes.
    FlowParameterValues {
        leaves value: String = "value";
    }
}

element! {
    /// `flowOutputSteps` of a flow.
    FlowOutputSteps {
        many flow_output_step: FlowOutputStep = "flowOutputStep";
    }
}

element! {
    /// `flowOutputStep`.
    FlowOutputStep {
        attr id: String = "id";
        attr name: String = "name";
    }
}

element! {
    /// `flowRunSpec`: how a flow shall run.
    FlowRunSpec {
        attr flow_id: FlowId = "flowId";
        attr run_mode: String = "runMode", "`full` or `incremental`.";
        one flow_output_steps: FlowOutputSteps = "flowOutputSteps", "Without it all steps run.";
        one flow_parameter_specs: FlowParameterSpecs = "flowParameterSpecs";
    }
}

element! {
    /// `flowParameterSpecs` of a run.
    FlowParameterSpecs {
        many flow_parameter_spec: FlowParameterSpec = "flowParameterSpec";
    }
}

element! {
    /// `flowParameterSpec`: a parameter's value for one run.
    FlowParameterSpec {
        attr parameter_id: String = "parameterId";
        attr override_value: String = "overrideValue";
    }
}

element! {
    /// `flowRun`, in lists `flowRuns`: one run of a flow.
    FlowRun {
        attr id: FlowRunId = "id";
        attr flow_id: FlowId = "flowId";
        attr status: String = "status", "Pending, InProgress, Success, Failed or Cancelled.";
        attr started_at: Timestamp = "startedAt";
        attr completed_at: Timestamp = "completedAt", "Present once the run has ended.";
        attr progress: u32 = "progress", "Percent.";
        attr background_job_id: Luid = "backgroundJobId";
        one flow_parameter_runs: FlowParameterRuns = "flowParameterRuns";
    }
}

element! {
    /// `flowParameterRuns` of a run.
    FlowParameterRuns {
        many parameter_runs: FlowParameterRun = "parameterRuns";
    }
}

element! {
    /// `parameterRuns`: the value that a parameter had in a run.
    FlowParameterRun {
        attr parameter_id: String = "parameterId";
        attr name: String = "name";
        attr description: String = "description";
        attr override_value: String = "overrideValue";
    }
}

element! {
    /// `runFlowJobType` of a job: which flow it runs.
    RunFlowJob {
        attr flow_run_id: FlowRunId = "flowRunId";
        one flow: Flow = "flow";
        leaf notes: String = "notes";
    }
}

element! {
    /// `task` in lists of tasks that run flows.
    FlowTask {
        one flow_run: FlowTaskRun = "flowRun";
    }
}

element! {
    /// `flowRun` of a task: which flow it runs, and when.
    FlowTaskRun {
        attr id: TaskId = "id";
        attr priority: i64 = "priority";
        attr consecutive_failed_count: u64 = "consecutiveFailedCount";
        attr task_type: String = "type", "`RunFlowTask`.";
        one schedule: Schedule = "schedule";
        one flow: Flow = "flow";
        one flow_run_spec: FlowRunSpec = "flowRunSpec";
    }
}

element! {
    /// `task` in a request that puts a flow on a schedule.
    NewFlowTask {
        one flow_run: NewFlowTaskRun = "flowRun";
    }
}

element! {
    /// `flowRun` in a request that puts a flow on a schedule.
    NewFlowTaskRun {
        one flow: Flow = "flow";
        one flow_run_spec: FlowRunSpec = "flowRunSpec";
    }
}

element! {
    /// `linkedTask`, in lists `linkedTasks`: tasks that run one after the other.
    LinkedTask {
        attr id: LinkedTaskId = "id";
        attr num_steps: u32 = "numSteps";
        one linked_task_steps: LinkedTaskSteps = "linkedTaskSteps";
        one schedule: Schedule = "schedule";
    }
}

element! {
    /// `linkedTaskSteps`: the steps of a linked task. Each bears the name of the whole.
    LinkedTaskSteps {
        many step: LinkedTaskStep = "linkedTaskSteps";
    }
}

element! {
    /// `linkedTaskSteps` within the element of the same name: one step.
    LinkedTaskStep {
        attr id: Luid = "id";
        attr step_number: u32 = "stepNumber";
        attr stop_downstream_tasks_on_failure: bool = "stopDownstreamTasksOnFailure";
        one task: FlowTask = "task";
    }
}

element! {
    /// `linkedTaskJob`: a run of a linked task.
    LinkedTaskJob {
        attr id: Luid = "id";
        attr linked_task_id: LinkedTaskId = "linkedTaskId";
        attr status: String = "status", "Pending, InProgress, Success, Failed or Cancelled.";
        attr created_at: Timestamp = "createdAt";
        attr started_at: Timestamp = "startedAt";
        attr ended_at: Timestamp = "endedAt";
    }
}
