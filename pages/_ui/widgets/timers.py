"""The timers by which browsers rerun fragments."""

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState, get_script_run_ctx


def stop_timer() -> None:
    """Stop the timer of the fragment that is being drawn, as Streamlit does if one is gone."""
    context, fragment_id = get_script_run_ctx(), ThreadState.get().fragment_id
    if context and fragment_id:
        message = ForwardMsg()
        message.stop_auto_rerun.fragment_ids.append(fragment_id)
        context.enqueue(message)
