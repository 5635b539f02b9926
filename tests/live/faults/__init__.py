"""What breaks between the console and a real Langflow: one fault a test.

Whatever happens, one press runs the flow once at most, and the run's final status tells the truth.
The flow's step counts its executions on the server.
"""
