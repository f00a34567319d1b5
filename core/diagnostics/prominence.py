"""How prominent the second peak of a class is by chance, if the class is one group."""
import numpy as np
from core.diagnostics.density import Landscape
def prominence_p_values(prominences, view):
    room=np.log(view.n/view.k); d=view.dimension
    place=np.interp(d,[1,2,3,5,15],[4.5,3.5,2.5,2.0,1.0])+.5*(room-3)
    return -np.expm1(-np.exp(-(prominences-place)/.45))
