"""The application core: what the pages stand on, without Streamlit."""
