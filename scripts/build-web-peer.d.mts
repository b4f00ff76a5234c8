/** Writes the web peer to the folder `outDir`, in place of what is there. */
export declare function buildWebPeer(outDir: string): Promise<void>;
