# What Streamlit runs. It stands alone in its folder: beside one called `pages`, Streamlit would run
# whatever is in there by its address, without ever coming through here.

from dashboard.app import page

page()
